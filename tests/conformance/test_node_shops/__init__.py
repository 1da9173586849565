"""Node shops written for SDKs of WeChat Pay and Alipay, each in a process of its own."""
