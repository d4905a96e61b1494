"""The controller changed one place at a time: plays recorded on its twin must notice every change."""
