"""Presentation attack detection (ISO/IEC 30107-3): is this a live face, or something that shows one?"""
