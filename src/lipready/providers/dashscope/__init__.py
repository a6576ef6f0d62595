"""DashScope: requests, answers, codes, regions, temporary storage."""
