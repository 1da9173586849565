"""The tables of official accounts."""

from changliao.accounts.model import Account
from changliao.accounts.model.articles import AccountDay, Article, ArticleDay, ArticleReader
from changliao.accounts.model.materials import Material
from changliao.accounts.model.tags import Tag, Tagged
from changliao.accounts.model.talks import Talk, Template
from changliao.db.table import Table

ACCOUNTS = Table("accounts_accounts", Account, unique=[("handle",), ("own_of",)])
ARTICLES = Table("accounts_articles", Article)
ARTICLE_DAYS = Table("accounts_article_days", ArticleDay, key=("article_id", "day"))
READERS = Table("accounts_article_readers", ArticleReader, key=("article_id", "person_id"))
DAYS = Table("accounts_days", AccountDay, key=("account_id", "day"))
TALKS = Table("accounts_talks", Talk, key=("account_id", "person_id"))
TEMPLATES = Table("accounts_templates", Template)
TAGS = Table("accounts_tags", Tag, key="number")
TAGGED = Table("accounts_tagged", Tagged, key=("number", "person_id"))
MATERIALS = Table("accounts_materials", Material, key=("account_id", "media_id"))
