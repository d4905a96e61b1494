"""Where photos of travellers come from: a folder, and systems that are asked over HTTP."""
