"""Routes about mail, one line each."""

from django.urls import path

from notifications.api import views

api = [
    path("/admin/mail-server", views.MailServer.as_view()),
    path("/admin/mail-server/sender-address", views.SenderAddress.as_view()),
]
