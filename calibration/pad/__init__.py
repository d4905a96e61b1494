"""Presentation attack detection error rates (ISO/IEC 30107-3), measured with the code the appliance runs."""
