"""Official accounts as WeChat's public platform speaks of them: for servers written with its SDKs."""
