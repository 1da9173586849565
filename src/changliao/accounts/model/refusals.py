"""How official accounts refuse."""

from changliao.kernel.refusal import Conflict, Exhausted, Forbidden, Invalid, NotFound


class AccountNotFound(NotFound, code="official_account_not_found"):
    """There is no such official account for you."""


class ArticleNotFound(NotFound, code="article_not_found"):
    """There is no such article for you."""


class TemplateNotFound(NotFound, code="template_not_found"):
    """This account has no such template."""


class TalkNotFound(
    NotFound, code="talk_not_found", hint="They follow it, write to it or pay first."
):
    """This person has no conversation with this account."""


class HandleTaken(Conflict, code="account_handle_taken", hint="Choose another handle."):
    """Another official account has this handle."""


class OwnTaken(Conflict, code="own_account_taken", hint="Register it with `own` false."):
    """This app has an account of its own already."""


class TooManyAccounts(Conflict, code="too_many_accounts", hint="Ask the operator."):
    """An app has at most ten official accounts."""


class HandleInvalid(
    Invalid,
    code="account_handle_invalid",
    hint="4 to 30 characters: a to z, digits and _, beginning with a letter.",
):
    """This cannot be the handle of an official account."""


class AccountTextInvalid(
    Invalid,
    code="account_text_invalid",
    hint="Names have 1 to 30 characters on one line, introductions up to 120.",
):
    """This cannot be said of an official account."""


class MenuInvalid(
    Invalid,
    code="menu_invalid",
    hint="At most 3 buttons, 5 in each menu; names of 1 to 16 characters, keys of their own.",
):
    """This is no menu."""


class RuleInvalid(
    Invalid,
    code="reply_rule_invalid",
    hint="At most 200 rules with 1 to 10 words of up to 30 characters and 1 to 5 replies.",
):
    """This is no rule."""


class ReplyInvalid(
    Invalid,
    code="reply_invalid",
    hint="A text of up to 4,000 characters, a picture or a published article; at most 5.",
):
    """This is no reply."""


class ReasonInvalid(Invalid, code="reason_invalid", hint="1 to 200 characters on one line."):
    """A reason is needed."""


class AccountClosed(Conflict, code="official_account_closed"):
    """This official account takes no new followers and no messages at the moment."""


class AccountSuspended(Forbidden, code="official_account_suspended", hint="Ask the operator."):
    """This official account is suspended."""


class ArticleInvalid(
    Invalid,
    code="article_invalid",
    hint="A title of 1 to 64 characters, a digest of up to 120, 300 blocks with 60,000 characters in all.",
):
    """This cannot be an article."""


class ArticleState(Conflict, code="article_state"):
    """This cannot be done with an article in this state."""


class DueInvalid(
    Invalid, code="due_invalid", hint="From 5 minutes to 60 days from now, as RFC 3339."
):
    """An article cannot be scheduled for then."""


class PostsUsed(Exhausted, code="posts_used", hint="Wait Retry-After seconds."):
    """This account has posted as often as it may on one day."""


class PostNotFound(NotFound, code="post_not_found"):
    """There is no such post of this account."""


class ReplyWindowOver(
    Forbidden, code="reply_window_over", hint="Send a template instead, or wait until they write."
):
    """This person has not written for 48 hours."""


class TemplateInvalid(
    Invalid,
    code="template_invalid",
    hint="A title of 1 to 30 characters, a text of up to 600, fields as {name}; at most 50.",
):
    """This is no template."""


class FieldsInvalid(
    Invalid,
    code="template_fields_invalid",
    hint="Each field of the text once, up to 200 characters.",
):
    """These fields do not fit the template."""


class ButtonNotFound(NotFound, code="button_not_found", hint="Read the menu again."):
    """There is no such button in the menu."""


class OnlyMembers(Forbidden, code="only_members", hint="Do it in the console."):
    """Only a member of the partner can take a conversation over."""


class TakenByAnother(Conflict, code="taken_by_another"):
    """Another member has taken this conversation over."""


class TagNotFound(NotFound, code="tag_not_found"):
    """This account has no such tag."""


class TagInvalid(Invalid, code="tag_invalid", hint="1 to 30 characters on one line."):
    """This cannot be the name of a tag."""


class TagTaken(Conflict, code="tag_taken", hint="Choose another name."):
    """Another tag of this account has this name."""


class TooManyTags(Conflict, code="too_many_tags", hint="Delete one that nobody needs."):
    """An account has at most 100 tags."""


class TagPeopleInvalid(Invalid, code="tag_people_invalid", hint="1 to 50 people in one request."):
    """This request names nobody, or too many."""


class PersonTagsFull(Conflict, code="person_tags_full", hint="Take another tag from them first."):
    """One of these people has 20 tags already."""


class NotFollowing(Conflict, code="not_following", hint="Only followers can be tagged."):
    """One of these people does not follow this account."""
