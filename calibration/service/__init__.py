"""Every figure of the service, each measured on real stores, real TLS and real processes."""
