"""Make the Python of every .proto file here; `--check` makes it elsewhere and fails on a difference.

The validation rules' own file is taken from the installed protovalidate, so rules and validator agree.
"""

import filecmp
import os
import shutil
import sys
import tempfile
from pathlib import Path

import google.protobuf
from google.protobuf import descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2
from grpc_tools import protoc
from protovalidate._gen.buf.validate import validate_pb

HERE = Path(__file__).parent
RULES = "buf/validate/validate.proto"
WELL_KNOWN = (descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2)


def generate(target: Path) -> list[Path]:
    """Write the generated files under `target`; return their paths relative to it."""
    sources = sorted(str(p.relative_to(HERE)) for p in (HERE / "limen").rglob("*.proto"))
    with tempfile.TemporaryDirectory() as scratch:
        known = Path(scratch) / "rules.binpb"
        known.write_bytes(_rules().SerializeToString())
        flags = ["protoc", f"-I{HERE}", f"--descriptor_set_in={known}", f"--python_out={target}"]
        _run(
            [
                *flags,
                f"--mypy_out=quiet:{target}",
                f"--grpc_python_out={target}",
                f"--mypy_grpc_out=quiet:{target}",
                *sources,
            ]
        )
        _run([*flags, f"--mypy_out=quiet:{target}", RULES])
    return sorted(p.relative_to(target) for pattern in ("*_pb2*.py", "*_pb2*.pyi") for p in target.rglob(pattern))


def _rules() -> descriptor_pb2.FileDescriptorSet:
    files = descriptor_pb2.FileDescriptorSet()
    for module in WELL_KNOWN:
        module.DESCRIPTOR.CopyToProto(files.file.add())
    files.file.append(descriptor_pb2.FileDescriptorProto.FromString(validate_pb.desc().proto.to_binary()))
    return files


def _run(arguments: list[str]) -> None:
    os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # where the plugins are
    if protoc.main(arguments) != 0:
        sys.exit(f"protoc failed (protobuf {google.protobuf.__version__}); see the lines above")


def check() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        fresh = generate(Path(scratch))
        held = sorted(p.relative_to(HERE) for pattern in ("*_pb2*.py", "*_pb2*.pyi") for p in HERE.rglob(pattern))
        _, changed, missing = filecmp.cmpfiles(scratch, HERE, [str(p) for p in fresh], shallow=False)
    stale = [str(p) for p in held if p not in fresh]
    if changed or missing or stale:
        print(f"generated code is not today's: {changed + missing + stale}; run `make protos`")
        return 1
    return 0


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(check())
    for old in (p for pattern in ("*_pb2*.py", "*_pb2*.pyi") for p in HERE.rglob(pattern)):
        old.unlink()
    shutil.rmtree(HERE / "__pycache__", ignore_errors=True)
    print(f"{len(generate(HERE))} files written under {HERE.name}/")
