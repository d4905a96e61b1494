"""The RPCs: translate, call, translate."""
