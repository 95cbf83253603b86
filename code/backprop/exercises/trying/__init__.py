"""Runs the reader's answer where it can do no harm (`sandbox`), on inputs that tell mistakes apart
(`inputs`), and asks `diagnosis` what came of it: functions and layers (`trials`), derivations
(`proofs`).
"""
