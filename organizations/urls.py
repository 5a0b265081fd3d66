"""The pages of this app; all of them lie under /o/<slug>/."""

from django.urls import URLPattern, path

from organizations.views import bank_details, keys, organization, team

urlpatterns: list[URLPattern] = [
    path("settings/", organization.settings, name="settings"),
    path("settings/team/", team.team_page, name="team"),
    path("settings/team/invite/", team.invite, name="invite"),
    path(
        "settings/team/invitations/<int:invitation_id>/send/",
        team.send_again,
        name="send_invitation_again",
    ),
    path(
        "settings/team/invitations/<int:invitation_id>/revoke/",
        team.revoke,
        name="revoke_invitation",
    ),
    path("settings/team/leave/", team.leave, name="leave"),
    path("settings/team/<int:member_id>/", team.member, name="member"),
    path("settings/team/<int:member_id>/role/", team.change_role, name="change_role"),
    path("settings/team/<int:member_id>/rights/", team.change_rights, name="change_rights"),
    path("settings/team/<int:member_id>/hand-over/", team.hand_over, name="hand_over"),
    path("settings/team/<int:member_id>/remove/", team.remove, name="remove_member"),
    path(
        "settings/bank-details/<int:change_id>/call-off/",
        bank_details.call_off,
        name="call_off_bank_details",
    ),
    path("developers/", keys.keys, name="api_keys"),
    path("developers/keys/<int:key_id>/", keys.key, name="api_key"),
    path("developers/keys/<int:key_id>/rotate/", keys.rotate_key, name="rotate_key"),
    path(
        "developers/keys/<int:key_id>/end-old-secret/",
        keys.end_old_secret,
        name="end_old_secret",
    ),
    path("developers/keys/<int:key_id>/revoke/", keys.revoke_key, name="revoke_key"),
    path("help/", organization.guide, name="help"),
    path("menu/", organization.menu, name="menu"),
]
