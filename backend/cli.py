"""`limen-tvs`: run the service, its authority, its peers; send it manifests."""

import asyncio
import signal

import typer

from backend.commands import approvals, audit, devices, doctor, manifests, officers, people, records, store
from backend.commands.terms import SettingsFile, settings_of, stop
from backend.errors import ServiceError, leaves
from backend.logs import configure
from backend.server import running
from backend.settings import Settings
from vision.errors import VisionError

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(officers.alerts, name="alerts")
app.add_typer(approvals.propose, name="propose")
app.command()(approvals.settle)
app.command()(approvals.proposals)
app.add_typer(audit.audit, name="audit")
app.add_typer(devices.authority, name="ca")
app.add_typer(devices.device, name="device")
app.add_typer(manifests.manifest, name="manifest")
app.add_typer(people.person, name="person")
app.command()(people.login)
app.command()(manifests.assign)
app.command("crossings")(records.list_crossings)
app.command("decisions")(records.list_decisions)
app.command("outbox")(records.list_waiting)
app.command("photo-key")(records.photo_key)
app.command()(store.migrate)
app.command("backup")(store.back_up)
app.command()(store.restore)
app.command("confirm-clock")(store.confirm_clock)
app.command()(doctor.doctor)

KNOWN = (ServiceError, VisionError, OSError, RuntimeError)


@app.command()
def serve(settings: SettingsFile) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    read = settings_of(settings)
    configure(read.log)
    try:
        asyncio.run(_serve(read))
    except KNOWN as error:
        stop(str(error))
    except ExceptionGroup as group:
        known, other = group.split(KNOWN)
        if known is None or other is not None:
            raise
        stop("; ".join(str(error) for error in leaves(known)))


async def _serve(settings: Settings) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with running(settings) as port:
        print(f"listening on port {port}", flush=True)
        await stopped.wait()


if __name__ == "__main__":
    app()
