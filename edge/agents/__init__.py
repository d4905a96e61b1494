"""Who works at the podium: logins, shifts, one-time codes."""
