"""The tests that boto3_drives_local_glue.py runs, by subject."""
