"""The tables of chat."""

from changliao.chat.model import (
    Conversation,
    Epoch,
    Face,
    Invitation,
    JoinRequest,
    Member,
    Personal,
)
from changliao.chat.model.entries import Entry
from changliao.db.table import Table

CONVERSATIONS = Table("chat_conversations", Conversation, unique=[("pair",)])
MEMBERS = Table("chat_members", Member, key=("person_id", "conversation_id"))
FACES = Table("chat_faces", Face)
ENTRIES = Table(
    "chat_entries",
    Entry,
    key=("conversation_id", "number"),
    unique=[("conversation_id", "sender", "client_id")],
)
INVITATIONS = Table("chat_invitations", Invitation, key="code")
JOIN_REQUESTS = Table("chat_join_requests", JoinRequest, key=("conversation_id", "person_id"))
PERSONAL = Table("chat_personal", Personal, key=("person_id", "position"), append=True)
EPOCHS = Table("chat_epochs", Epoch, key="name")
