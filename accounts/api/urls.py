"""Routes about people, one line each."""

from django.urls import path

from accounts.api import administration, oauth, profiles, rate_limits, secrets, site, ssh, views

api = [
    path("/users/credentials", views.OwnCredentials.as_view()),
    path("/users/<str:slug>", views.UserDetail.as_view()),
    path("/users/<str:slug>/avatar.png", profiles.UserAvatarFile.as_view()),
    path("/users/<str:slug>/settings", profiles.UserSettings.as_view()),
    path("/groups", administration.GroupNames.as_view()),
    path("/admin/users", administration.Users.as_view()),
    path("/admin/users/rename", administration.UserRename.as_view()),
    path("/admin/users/credentials", administration.UserCredentials.as_view()),
    path("/admin/users/captcha", administration.UserCaptcha.as_view()),
    path("/admin/users/erasure", administration.UserErasure.as_view()),
    path("/admin/users/add-group", administration.UserAddGroup.as_view()),
    path("/admin/users/add-groups", administration.UserAddGroups.as_view()),
    path("/admin/users/remove-group", administration.UserRemoveGroup.as_view()),
    path("/admin/users/more-members", administration.GroupsOfUser.as_view()),
    path("/admin/users/more-non-members", administration.OtherGroupsOfUser.as_view()),
    path("/admin/groups", administration.Groups.as_view()),
    path("/admin/groups/add-user", administration.GroupAddUser.as_view()),
    path("/admin/groups/add-users", administration.GroupAddUsers.as_view()),
    path("/admin/groups/remove-user", administration.GroupRemoveUser.as_view()),
    path("/admin/groups/more-members", administration.GroupMembers.as_view()),
    path("/admin/groups/more-non-members", administration.GroupNonMembers.as_view()),
    path("/admin/permissions/users", administration.UserPermissions.as_view()),
    path("/admin/permissions/users/none", administration.UsersWithoutPermission.as_view()),
    path("/admin/permissions/groups", administration.GroupPermissions.as_view()),
    path("/admin/user-directories", site.UserDirectories.as_view()),
    path("/admin/banner", site.Banner.as_view()),
    path("/admin/rate-limit/settings", rate_limits.Settings.as_view()),
    path("/admin/rate-limit/settings/users", rate_limits.UserSettings.as_view()),
    path("/admin/rate-limit/settings/users/<str:slug>", rate_limits.SettingsOfUser.as_view()),
    path("/admin/rate-limit/history", rate_limits.History.as_view()),
    path("/admin/permissions/groups/none", administration.GroupsWithoutPermission.as_view()),
]

app_passwords = [
    path("/users/<str:slug>", secrets.AppPasswords.as_view()),
    path("/users/<str:slug>/<str:number>", secrets.AppPasswordDetail.as_view()),
]

access_tokens = [
    path("/users/<str:slug>", secrets.AccessTokens.as_view()),
    path("/users/<str:slug>/<str:number>", secrets.AccessTokenDetail.as_view()),
]

ssh_keys = [
    path("/keys", ssh.SshKeys.as_view()),
    path("/keys/<str:number>", ssh.SshKeyDetail.as_view()),
    path("/settings", ssh.SshSettings.as_view()),
    path("/admin", ssh.SshKeySettings.as_view()),
    path("/admin/supported-key-types", ssh.SupportedKeyTypes.as_view()),
]

oauth2 = [
    path("/token", oauth.Token.as_view()),
    path("/revoke", oauth.Revoke.as_view()),
    path("/client", oauth.Clients.as_view()),
    path("/client/<str:number>", oauth.ClientDetail.as_view()),
]

authconfig = [path("/login-options", site.LoginOptions.as_view())]

basicauth = [path("/config", site.BasicAuth.as_view())]
