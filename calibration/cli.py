"""`limen-calibrate`: measure error rates, calibrate cameras, for technicians and auditors."""

import typer

from calibration.camera import commands, site
from calibration.capture import capture
from calibration.gate.cli import gate
from calibration.pad.command import liveness
from calibration.rates.command import identify

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
app.command()(identify)
app.command()(liveness)
app.command()(capture)
app.command()(commands.board)
app.command()(commands.camera)
app.command("exposure")(site.limits)
app.command("mounting")(site.mount)
app.command()(gate)


@app.callback()
def calibrate() -> None:
    """Measure error rates, calibrate cameras, for technicians and auditors."""


if __name__ == "__main__":
    app()
