"""Every address of the desk, below /organize, and the view that answers there: module, function, methods.

A module is loaded when one of its addresses is first opened. A server is there for those who sign and read; the whole
desk would make its start a sixth longer.
"""

from flask import Blueprint

from campaign.web.late_views import LateView

GET = ("GET",)
POST = ("POST",)
FORM = ("GET", "POST")

ROUTES = {
    "account": (
        ("/account", "account", GET),
        ("/account/set-up", "set_up", GET),
        ("/account/app", "app", FORM),
        ("/account/passkey", "passkey", FORM),
        ("/account/app/remove", "remove_app", POST),
        ("/account/passkeys/<uuid:passkey_id>/remove", "remove_one_passkey", POST),
        ("/account/recovery-codes", "recovery_codes", POST),
        ("/account/password", "password", POST),
        ("/account/sessions/end", "end_other_sessions", POST),
        ("/account/sessions/<uuid:session_id>/end", "end_one_session", POST),
    ),
    "audit_log": (
        ("/audit", "audit", GET),
        ("/audit.csv", "audit_csv", POST),
        ("/campaigns/<slug:slug>/audit", "campaign_audit", GET),
        ("/campaigns/<slug:slug>/audit.csv", "campaign_audit_csv", POST),
    ),
    "campaigns": (
        ("/new-campaign", "new_campaign", GET),
        ("/new-campaign", "begin", POST),
        ("/campaigns/<slug:slug>/state", "campaign_state", GET),
        ("/campaigns/<slug:slug>/state/open", "open_state", POST),
        ("/campaigns/<slug:slug>/state/close", "close_state", POST),
    ),
    "case_editing": (
        ("/campaigns/<slug:slug>/events", "timeline", GET),
        ("/campaigns/<slug:slug>/case", "edit_case", FORM),
        ("/campaigns/<slug:slug>/events/new", "new_event", FORM),
        ("/campaigns/<slug:slug>/events/<slug:key>", "edit_event", FORM),
    ),
    "cases": (
        ("/cases", "cases", GET),
        ("/campaigns/<slug:slug>/checked", "nothing_new", POST),
    ),
    "consent": (
        ("/campaigns/<slug:slug>/consent", "consent", FORM),
        ("/campaigns/<slug:slug>/consent/open", "open_consent", GET),
        ("/campaigns/<slug:slug>/consent/sealed", "sealed_consent", GET),
    ),
    "content": (
        ("/campaigns/<slug:slug>/content", "content", GET),
        ("/campaigns/<slug:slug>/content/<part:part>", "part_history", GET),
        ("/campaigns/<slug:slug>/content/<part:part>/take-down", "take_down_part", POST),
    ),
    "factor": (("/factor", "factor", FORM),),
    "hiding": (
        ("/campaigns/<slug:slug>/hiding", "hiding", GET),
        ("/campaigns/<slug:slug>/hide", "hide_now", POST),
        ("/campaigns/<slug:slug>/hide/undo", "undo_hiding", POST),
        ("/campaigns/<slug:slug>/show", "show_campaign", POST),
    ),
    "joining": (("/join/<token>", "join", FORM),),
    "key_making": (("/keys/new", "new_key", FORM),),
    "key_opening": (
        ("/keys/<string(length=32):key_id>/holders", "add_key_holder", GET),
        ("/keys/<string(length=32):key_id>/holders", "store_key_holder", POST),
        ("/keys/try", "try_key", FORM),
        ("/keys/<string(length=32):key_id>/paper", "paper_key", FORM),
    ),
    "key_reminding": (
        ("/keys/holders/<string(length=32):share_id>/reminder", "remind_holder", FORM),
        ("/keys/holders/<string(length=32):share_id>/reminder/end", "end_holder_reminder", POST),
    ),
    "keys": (
        ("/keys", "keys", GET),
        ("/keys/holders/<string(length=32):share_id>/remove", "remove_key_holder", POST),
    ),
    "letters": (
        ("/campaigns/<slug:slug>/letters", "letters", GET),
        ("/campaigns/<slug:slug>/letters/new", "new_letter", FORM),
        ("/campaigns/<slug:slug>/letters/edit/<slug:key>", "edit_letter", FORM),
        ("/campaigns/<slug:slug>/letters/hide/<slug:key>", "hide_one_letter", POST),
        ("/campaigns/<slug:slug>/letters/show/<slug:key>", "show_one_letter", POST),
    ),
    "lists": (
        ("/campaigns/<slug:slug>/lists", "lists", FORM),
        ("/campaigns/<slug:slug>/open-list", "open_list", FORM),
        ("/campaigns/<slug:slug>/open-list/<int:number>/<ticket>", "opening_list", GET),
        ("/campaigns/<slug:slug>/signatures/<int:number>/<ticket>", "sealed_list", GET),
        ("/campaigns/<slug:slug>/public-names/<int:number>/<ticket>", "public_names", GET),
    ),
    "login": (
        ("/login", "login", FORM),
        ("/logout", "logout", POST),
        ("/language", "language", POST),
    ),
    "moderation": (
        ("/moderation", "moderation", GET),
        ("/moderation", "decide_submissions", POST),
        ("/moderation/undo", "undo_decision", POST),
        ("/moderation/own-addresses", "name_own_addresses", FORM),
    ),
    "paper": (
        ("/campaigns/<slug:slug>/paper", "paper", GET),
        ("/campaigns/<slug:slug>/paper/new", "enter_paper", FORM),
        ("/campaigns/<slug:slug>/paper/<number:number>/correct", "correct_paper", FORM),
        ("/campaigns/<slug:slug>/paper/<number:number>", "paper_batch", GET),
        ("/campaigns/<slug:slug>/paper/<number:number>/approve", "approve_paper", POST),
        ("/campaigns/<slug:slug>/paper/<number:number>/reject", "reject_paper", POST),
        ("/campaigns/<slug:slug>/paper/<number:number>/take-back", "take_back_paper", POST),
    ),
    "paper_import": (
        ("/campaigns/<slug:slug>/paper/import", "import_paper", GET),
        ("/campaigns/<slug:slug>/paper/import", "begin_import", POST),
        ("/campaigns/<slug:slug>/paper/<number:number>/rows", "import_rows", POST),
        ("/campaigns/<slug:slug>/paper/<number:number>/end", "end_rows", POST),
    ),
    "paper_scans": (
        ("/campaigns/<slug:slug>/paper/<number:number>/scan", "paper_scan", GET),
        ("/campaigns/<slug:slug>/paper/<number:number>/scan", "keep_paper_scan", POST),
        ("/campaigns/<slug:slug>/paper/<number:number>/open", "open_paper", GET),
        ("/campaigns/<slug:slug>/paper/<number:number>/sealed", "sealed_paper", GET),
        ("/campaigns/<slug:slug>/paper/<number:number>/scan.sealed", "sealed_paper_scan", GET),
        ("/campaigns/<slug:slug>/paper/<number:number>/rows.sealed", "sealed_paper_rows", GET),
    ),
    "passing_on": (
        ("/campaigns/<slug:slug>/messages-to-pass-on", "messages_to_pass_on", GET),
        ("/campaigns/<slug:slug>/messages-to-pass-on", "note_passed_on", POST),
        ("/campaigns/<slug:slug>/endorsements/new", "type_endorsement", FORM),
    ),
    "people": (
        ("/people", "site_people", GET),
        ("/people/invite", "invite_to_site", POST),
        ("/people/invitations/<uuid:invitation_id>/take-back", "take_back_invitation", POST),
        ("/people/<uuid:organizer_id>/role", "change_role", POST),
        ("/people/<uuid:organizer_id>/remove", "remove_person", POST),
        ("/campaigns/<slug:slug>/people", "campaign_people", GET),
        ("/campaigns/<slug:slug>/people/invite", "invite_to_campaign", POST),
        (
            "/campaigns/<slug:slug>/people/invitations/<uuid:invitation_id>/take-back",
            "take_back_campaign_invitation",
            POST,
        ),
        ("/campaigns/<slug:slug>/people/<uuid:organizer_id>/role", "change_campaign_role", POST),
    ),
    "reminders": (
        ("/account/reminders", "reminders", FORM),
        ("/account/reminders/end", "end_reminders", POST),
    ),
    "retention": (("/retention", "retention", GET),),
    "reviews": (
        ("/campaigns/<slug:slug>/revisions/<uuid:revision_id>", "revision", GET),
        ("/campaigns/<slug:slug>/revisions/<uuid:revision_id>/ask-for-review", "ask_for_review", POST),
        ("/campaigns/<slug:slug>/revisions/<uuid:revision_id>/publish", "publish_revision", POST),
        ("/campaigns/<slug:slug>/revisions/<uuid:revision_id>/decline", "decline_revision", POST),
        ("/campaigns/<slug:slug>/revisions/<uuid:revision_id>/discard", "discard_revision", POST),
        ("/campaigns/<slug:slug>/revisions/<uuid:revision_id>/again", "revision_again", POST),
    ),
    "settings": (("/campaigns/<slug:slug>/settings", "edit_settings", FORM),),
    "texts": (
        ("/campaigns/<slug:slug>/texts/<language:language>", "edit_text", FORM),
        ("/campaigns/<slug:slug>/texts/<language:language>/preview", "preview_text", POST),
    ),
    "updates": (
        ("/campaigns/<slug:slug>/updates", "updates", GET),
        ("/campaigns/<slug:slug>/updates/new", "new_update", FORM),
        ("/campaigns/<slug:slug>/updates/edit/<slug:key>", "edit_update", FORM),
        ("/campaigns/<slug:slug>/updates/preview", "preview_update", POST),
        ("/campaigns/<slug:slug>/updates/hide/<slug:key>", "hide_one_update", POST),
        ("/campaigns/<slug:slug>/updates/show/<slug:key>", "show_one_update", POST),
    ),
    "views": (
        ("/", "home", GET),
        ("/campaigns/<slug:slug>/", "campaign", GET),
    ),
}


blueprint = Blueprint("organize", __name__, url_prefix="/organize")
for _module, _routes in ROUTES.items():
    for _rule, _name, _methods in _routes:
        blueprint.add_url_rule(_rule, _name, LateView(f"{__package__}.{_module}", _name), methods=_methods)
