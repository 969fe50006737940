"""Background work: the Celery app, its schedule, sending and running jobs. What a job does is in `rcx_app/domain`."""
