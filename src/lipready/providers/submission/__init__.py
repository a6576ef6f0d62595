"""From a job to a task: uploads, the price, the one paid request, and how the task is followed."""
