"""Whether an appliance with these settings can work at all, known before anything is started or written."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from edge.doors import opening_s
from edge.encounter.journal import check_folder
from edge.errors import SettingsUnfit
from edge.eye import calibrated
from edge.eye.cameras import check_address
from edge.screens_link import listen
from edge.service import IDENTITY
from edge.settings import ControllerGate, OsdpGate, RelayGate, Settings
from hardware.errors import KeyUnfit
from hardware.gate import keys
from hardware.osdp.keys import Key


def check(settings: Settings) -> None:
    """Raises an EdgeError which names the setting, its value and what to do.

    A device that is not there is no reason: it may be plugged in later.
    """
    check_address(settings.camera)
    if settings.calibration is not None:
        calibrated.read(settings.calibration.file, settings.calibration.camera, datetime.now(UTC))
    _check_key(settings.gate)
    opening_s(settings.gate, datetime.now(UTC))
    _check_identity(settings.service.identity)
    check_folder(settings.journal_dir)
    listen(settings.screens).close()


def _check_key(gate: ControllerGate | OsdpGate | RelayGate) -> None:
    if isinstance(gate, RelayGate):
        return
    read: Callable[[Path], object] = keys.read if isinstance(gate, ControllerGate) else Key.read
    try:
        read(gate.key)
    except KeyUnfit as error:
        raise SettingsUnfit(f"gate.key: {error}") from error


def _check_identity(folder: Path) -> None:
    """Its three files, readable and belonging together."""
    root, key, chain = (folder / name for name in IDENTITY)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(root)
        context.load_cert_chain(chain, key, password="")
    except OSError as error:  # SSLError is one
        why = (
            error.strerror if not isinstance(error, ssl.SSLError) else "no certificate with the key that belongs to it"
        )
        missing = next((path for path in (root, key, chain) if not path.exists()), folder)
        raise SettingsUnfit(f"service.identity {missing}: {why}; `limen-tvs device add` writes it") from error
