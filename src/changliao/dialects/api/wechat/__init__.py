"""WeChat Pay APIv3: its requests, answers, notifications and files, spoken by the verbs of pay."""
