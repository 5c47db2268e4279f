"""The one way out: what is called, and what never is, however it is written."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infrastructure import outgoing_http
from tests.receiver import receiver

REFUSED = [
    "http://127.0.0.1/",
    "http://localhost/",
    "http://localhost./",
    "http://LOCALHOST:8080/x",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::ffff:169.254.169.254]/",
    "http://[fe80::1]/",
    "http://[fd00:ec2::254]/",
    "http://[fd00:ec2::23]/",
    "http://[fd20:ce::254]/",
    "http://[fec0::1]/",
    "http://168.63.129.16/",
    "http://192.0.0.192/",
    "http://100.100.100.200/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://240.0.0.1/",
    "http://10.0.0.1:0/",
    "http://10.0.0.1:99999/",
    "http://user:secret@10.0.0.1/",
    "http://10.0.0.1\\@127.0.0.1/",
    "http://10.0.0.1/\r\nHost: other",
    "ftp://10.0.0.1/",
    "file:///etc/passwd",
    "gopher://10.0.0.1/",
    # Hosts that are none, or that two programs would take for two.
    "http://１０.0.0.1/",
    "http://１０．0.0.1/",
    "http://①.example/",
    "http://ﬁ.example/",
    "http://exa\u2024mple.com/",
    "http://a b/",
    "http://a%20b/",
    "http://a..b/",
    "http://-a.example/",
    "http://a,b/",
    "http://<x>/",
    "http://" + "x" * 64 + ".example/",
    "http://" + "x." * 130 + "example/",
    "http://:80/",
    "http:///x",
    "http://[v1.x]/",
    "http://[10.0.0.1]/",
    "http://[fe80::1%25eth0]/",
    "http://10.0.0.1:８０/",
    "//10.0.0.1/",
    "http://",
    "",
    "http://10.0.0.1/" + "x" * 2000,
]


@pytest.mark.parametrize("url", REFUSED)
def test_is_refused_when_it_is_saved_and_when_it_is_called(url):
    with pytest.raises(outgoing_http.OutgoingRefused):
        outgoing_http.check(url)
    with pytest.raises(outgoing_http.OutgoingRefused):
        outgoing_http.post(url, b"{}", {})


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1:8080/",
        "https://192.168.1.1/",
        "http://[fd00::1]/",
        # The address is judged, whatever the port.
        "http://10.0.0.1:22/",
        "http://10.0.0.1:6379/",
    ],
)
def test_private_networks_are_open_until_the_settings_close_them(url, settings):
    outgoing_http.check(url)

    settings.OUTGOING_STRICT = True
    with pytest.raises(outgoing_http.OutgoingRefused):
        outgoing_http.check(url)


def test_what_the_settings_open_is_open_and_what_they_block_is_not(settings):
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    outgoing_http.check("http://127.0.0.1:8080/")
    outgoing_http.check("http://[::ffff:127.0.0.1]:8080/")

    settings.OUTGOING_BLOCKED_NETWORKS = ["127.0.0.1/32"]
    with pytest.raises(outgoing_http.OutgoingRefused) as refusal:
        outgoing_http.check("http://127.0.0.1:8080/")
    assert refusal.value.context == "url"


def test_a_refusal_names_the_setting_that_opens_it():
    with pytest.raises(outgoing_http.OutgoingRefused, match="OUTGOING_ALLOWED_NETWORKS"):
        outgoing_http.check("http://127.0.0.1/")


def test_a_name_that_answers_otherwise_the_second_time_is_called_where_it_was_judged(
    settings, monkeypatch
):
    asked = []

    def answers(host, *args, **kwargs):
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "169.254.169.254"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))]

    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    with receiver() as target:
        # Only the one way out resolves like this; sockets go by addresses from here on.
        monkeypatch.setattr(outgoing_http.socket, "getaddrinfo", _for_names(answers))
        answer = outgoing_http.post(
            f"http://hooks.example:{target.port}/a?b=c", b"{}", {"X-Event-Key": "x"}
        )

    assert answer.status == 200
    assert asked == ["hooks.example"]
    [received] = target.requests
    assert received.path == "/a?b=c"
    assert received.headers["Host"] == f"hooks.example:{target.port}"


def _for_names(answers):
    real = socket.getaddrinfo

    def resolve(host, *args, **kwargs):
        return answers(host) if host == "hooks.example" else real(host, *args, **kwargs)

    return resolve


def test_one_bad_address_among_good_ones_is_enough(monkeypatch):
    found = [(socket.AF_INET, 1, 6, "", (address, 0)) for address in ("8.8.8.8", "127.0.0.1")]
    monkeypatch.setattr(outgoing_http.socket, "getaddrinfo", lambda *_, **__: found)

    with pytest.raises(outgoing_http.OutgoingRefused):
        outgoing_http.post("http://both.example/", b"", {})


def test_redirects_are_not_followed(settings):
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    with receiver() as target:
        target.answer = lambda _: (302, {"Location": f"{target.url}/inner"}, b"")
        answer = outgoing_http.post(target.url, b"{}", {"X-Event-Key": "x"})

    assert answer.status == 302
    assert len(target.requests) == 1


def test_proxies_of_the_environment_are_ignored(settings, monkeypatch):
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with receiver() as target:
        assert outgoing_http.post(target.url, b"{}", {"X-Event-Key": "x"}).status == 200


def test_a_proxy_of_the_settings_is_used(settings):
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    with receiver() as proxy:
        settings.OUTGOING_PROXY = f"http://127.0.0.1:{proxy.port}"
        assert (
            outgoing_http.post("http://elsewhere.invalid/x", b"{}", {"X-Event-Key": "x"}).status
            == 200
        )
        with pytest.raises(outgoing_http.OutgoingRefused):
            outgoing_http.post("http://169.254.169.254/x", b"{}", {})

    assert [one.path for one in proxy.requests] == ["http://elsewhere.invalid/x"]


def test_an_answer_without_end_is_cut(settings):
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    with receiver() as target:
        target.answer = lambda _: (200, {}, b"x" * 10_000_000)
        answer = outgoing_http.post(target.url, b"{}", {"X-Event-Key": "x"})

    assert len(answer.body) == outgoing_http.HttpLimits().body


@pytest.mark.parametrize("begins", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_who_drips_is_left_when_the_time_is_over(settings, begins):
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    begun = time.monotonic()
    limits = outgoing_http.HttpLimits(connect=1, read=1, total=1.5)

    with _dripping(begins) as port:
        try:
            answer = outgoing_http.post(f"http://127.0.0.1:{port}/", b"{}", {}, limits=limits)
            assert set(answer.body) <= {ord("x")}
        except outgoing_http.NoResponse as error:
            assert "within 1.5 seconds" in str(error)

    assert time.monotonic() - begun < 4


def test_nobody_there_is_said_in_words(settings):
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    with pytest.raises(outgoing_http.NoResponse, match="Connection refused"):
        outgoing_http.post(f"http://127.0.0.1:{port}/", b"", {})
    with pytest.raises(outgoing_http.NoResponse, match="was not resolved"):
        outgoing_http.post("http://no.such.name.invalid/", b"", {})


@pytest.fixture
def secure(tmp_path, monkeypatch, settings):
    """A machine that speaks TLS as hooks.example, and its certificate; resolved to this machine."""
    settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "both.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    there = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]
    names = {"hooks.example", "other.example"}
    real = socket.getaddrinfo
    monkeypatch.setattr(
        outgoing_http.socket,
        "getaddrinfo",
        lambda host, *rest, **more: there if host in names else real(host, *rest, **more),
    )
    with receiver(context) as target:
        yield target, file


def test_a_certificate_is_held_against_the_name(secure, monkeypatch):
    target, file = secure
    with pytest.raises(outgoing_http.CertificateNotTrusted):
        outgoing_http.post(f"https://hooks.example:{target.port}/", b"{}", {"X-Event-Key": "x"})
    # Trusted from here on, and only under its own name.
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    answer = outgoing_http.post(
        f"https://hooks.example:{target.port}/", b"{}", {"X-Event-Key": "x"}
    )
    assert answer.status == 200
    with pytest.raises(outgoing_http.CertificateNotTrusted):
        outgoing_http.post(f"https://other.example:{target.port}/", b"{}", {"X-Event-Key": "x"})
    assert [one.headers["Host"] for one in target.requests] == [f"hooks.example:{target.port}"]


def test_who_switches_the_check_off_is_served_all_the_same(secure):
    target, _ = secure
    url = f"https://other.example:{target.port}/"
    assert outgoing_http.post(url, b"{}", {"X-Event-Key": "x"}, verify=False).status == 200


def test_the_same_machine_has_one_name():
    assert outgoing_http.origin("http://Jenkins.example./a") == "http://jenkins.example:80"
    assert outgoing_http.origin("https://jenkins.example:8443/b") == "https://jenkins.example:8443"


class _dripping:
    """A server that sends a byte now and then, and never ends."""

    def __init__(self, begins: bytes):
        self.begins = begins

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()
        return self.listener.getsockname()[1]

    def __exit__(self, *_):
        self.listener.close()

    def _serve(self):
        connection, _ = self.listener.accept()
        try:
            connection.sendall(self.begins)
            while True:
                connection.sendall(b"x")
                time.sleep(0.2)
        except OSError:
            connection.close()


def test_names_of_all_alphabets_are_called_in_ascii():
    assert (
        outgoing_http.origin("https://b\u00fccher.example/x") == "https://xn--bcher-kva.example:443"
    )
    assert outgoing_http.origin("http://ci_runner:8080") == "http://ci_runner:8080"
    assert outgoing_http.origin("http://CI.example.:80/") == "http://ci.example:80"
