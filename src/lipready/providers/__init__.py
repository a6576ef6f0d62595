"""The providers: requests, answers, submission, download, and the journal that keeps a job from being paid twice."""
