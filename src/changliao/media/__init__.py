"""Pictures, files and voice notes: what people upload, kept once however often it is sent.

Promise: content is addressed by its SHA-256 and checked before anybody can see it; a picture is
drawn anew, so nothing hides in it; a thing is seen by its owner and by whoever sees what it was
posted in, and does not exist for anybody else; no crash leaves a row without its bytes.
"""
