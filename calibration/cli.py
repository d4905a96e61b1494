"""`limen-calibrate`: measure error rates, calibrate cameras, for technicians and auditors."""

import typer

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)


if __name__ == "__main__":
    app()
