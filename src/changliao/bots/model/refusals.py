"""How bots refuse."""

from changliao.kernel.refusal import Conflict, Invalid, NotFound


class BotNotFound(NotFound, code="bot_not_found"):
    """There is no such bot."""


class HookNotFound(NotFound, code="group_hook_not_found"):
    """There is no such hook, or it was ended."""


class GateNotFound(NotFound, code="gate_not_found"):
    """There is no such gate."""


class BotNotHere(NotFound, code="bot_not_here", hint="Somebody who runs the group must let it in."):
    """This bot is not in this conversation."""


class BotHandleInvalid(
    Invalid, code="bot_handle_invalid", hint="3 to 20 of a-z, 0-9 and _, beginning with a letter."
):
    """This cannot be a bot's handle."""


class BotHandleTaken(Conflict, code="bot_handle_taken", hint="Choose another handle."):
    """Another bot has this handle."""


class BotTextInvalid(
    Invalid, code="bot_text_invalid", hint="Names of 1 to 40 characters on one line, abouts of 500."
):
    """This cannot be what a bot or a hook is called, or says of itself."""


class CommandsInvalid(
    Invalid,
    code="commands_invalid",
    hint="At most 50, each once: 1 to 32 of a-z, 0-9 and _, with a line in both languages.",
):
    """These cannot be a bot's commands."""


class GateInvalid(Invalid, code="gate_invalid", hint="50 to 2,000 milliseconds."):
    """A gate cannot be given so much time, or so little."""


class TooManyBots(Conflict, code="too_many_bots", hint="Remove one first."):
    """An app has at most ten bots in each mode, a group at most twenty bots."""


class TooManyHooks(Conflict, code="too_many_group_hooks", hint="End one first."):
    """A group has at most ten hooks."""


class TooManyGates(Conflict, code="too_many_gates", hint="Remove one first."):
    """An installation has at most five gates of its operator."""
