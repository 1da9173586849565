"""Every room's routes, as a platform opens them: one function for each part of the town."""

from typing import TYPE_CHECKING

from changliao.accounts.api import editing, public, tags, talking
from changliao.accounts.api import operator as accounts_operator
from changliao.accounts.api import partner as publishing
from changliao.app import avatars
from changliao.app.made import (
    FOUND,
    app_of,
    key_modes,
)
from changliao.app.seeing import sees
from changliao.app.uploaders import UploaderGuard
from changliao.bots.api import apps as bots_apps
from changliao.bots.api import gates as bots_gates
from changliao.bots.api import groups as bots_groups
from changliao.bots.api import incoming as bots_incoming
from changliao.chat.api import groups as chat_groups
from changliao.chat.api import routes as chat_routes
from changliao.chat.model.refusals import ConversationNotFound
from changliao.chat.service import reading as chat_reading
from changliao.dialects.api import onboarding
from changliao.entrances.api import offers, visits
from changliao.entrances.api.tokens import Signer
from changliao.ledger.model import Mode
from changliao.media.api import routes as media_api
from changliao.partners.api import console, webhooks
from changliao.pay.api import (
    account,
    bills,
    cashier,
    combined,
    confirming,
    shop,
    splits,
    statements,
    transfers,
)
from changliao.people.api import contacts, passkeys, profiles, scans, socket_tokens
from changliao.people.api import routes as people_routes
from changliao.people.api.guard import OperatorGuard
from changliao.people.api.proving import PROVING, PROVING_BY_PASSKEY, identifier, prover
from changliao.push import api as push_api
from changliao.rails import api as rails_api
from changliao.safety.api import mine as safety_mine
from changliao.safety.api import operator, reports
from changliao.search import api as search_api
from changliao.wallet.api import mandates, wallets
from changliao.wire.routes import Routes

if TYPE_CHECKING:
    from changliao.app import Platform


def routes_of(platform: "Platform") -> list[Routes]:
    """All of them, in the order in which the reference shows them."""
    return [*_money(platform), *_people(platform), *_talk(platform), *_partners(platform)]


def _money(of: "Platform") -> list[Routes]:
    db, app, agent, person, modes = of.db, of.app, of.agent, of.person, of.modes
    rail_modes: dict[str, Mode] = {
        name: "test" if rail.test_only else "live" for name, rail in of.rails.items()
    }
    top_ups = {name: mode for name, mode in rail_modes.items() if of.rails[name].top_up}
    return [
        shop.routes(db, agent, of.address),
        splits.routes(db, agent),
        combined.routes(db, agent, of.address),
        account.routes(db, app, agent, of.address, rail_modes),
        transfers.shop_routes(db, app, modes),
        statements.routes(db, app),
        bills.routes(db, app),
        cashier.routes(db, of.news, person, person.maybe, of.site),
        confirming.routes(db, person, of.site, modes),
        wallets.routes(db, person, top_ups, modes, of.settings.currency),
        mandates.routes(db, person, app, modes, of.settings.url),
        transfers.person_routes(db, person),
        rails_api.routes(db, of.rails),
    ]


def _people(of: "Platform") -> list[Routes]:
    db, person, passwords, settings = of.db, of.person, of.passwords, of.settings
    secure, url = settings.url.startswith("https://"), settings.url
    wearing, check = (avatars.wear, chat_reading.knows), of.screen.check
    return [
        people_routes.routes(
            db, person, passwords, secure=secure, check=check, edition=settings.edition
        ),
        passkeys.routes(db, person, passwords, url, settings.site_name),
        scans.routes(db, of.news, person, url),
        socket_tokens.routes(db, person, of.socket_tokens, url),
        contacts.routes(db, person, check),
        profiles.routes(db, person, profiles.person_address(url), *wearing, check),
        reports.routes(db, person, identifier(db, passwords)),
        safety_mine.routes(
            db,
            person,
            of.store,
            prover(db, passwords),
            (*PROVING, *PROVING_BY_PASSKEY),
            person.forget,
            url,
        ),
        operator.routes(db, OperatorGuard(person), of.screen),
    ]


def _talk(of: "Platform") -> list[Routes]:
    db, person, app, url = of.db, of.person, of.app, of.settings.url
    uploader = UploaderGuard(person, app)
    return [
        chat_routes.routes(of.desk, person),
        chat_groups.routes(of.desk, person),
        push_api.routes(
            db, person, of.pusher.public_key, allow_private=of.settings.allow_private_callbacks
        ),
        media_api.routes(db, uploader, uploader.maybe, of.store, of.uploads, sees),
        search_api.routes(db, person, of.search, FOUND, ConversationNotFound),
        public.routes(db, person, person.maybe, of.tally, url),
        publishing.routes(db, app, of.screen.check),
        editing.routes(db, app, of.screen.check, url),
        talking.routes(db, app),
        tags.routes(db, app),
        accounts_operator.routes(db, OperatorGuard(person)),
        bots_apps.routes(db, app, of.gates),
        bots_groups.routes(db, person, of.gates, url, app_of),
        bots_incoming.routes(db, of.gates),
        bots_gates.routes(db, app, OperatorGuard(person), of.gates),
    ]


def _partners(of: "Platform") -> list[Routes]:
    db, person, app, settings = of.db, of.person, of.app, of.settings
    signer = Signer(db.vault, settings.url)
    return [
        console.routes(db, person, app),
        webhooks.routes(db, app, of.outbound),
        onboarding.routes(db, app, of.keyring, of.dialects),
        visits.routes(db, person, app, signer, key_modes(settings)),
        offers.routes(db, person, OperatorGuard(person), of.own_origins()),
    ]
