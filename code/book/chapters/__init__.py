"""The chapters as they are written: what stands in them, and the forms in which they are shown."""
