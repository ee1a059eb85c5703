"""A mail server for tests: takes mail by SMTP and prints each as a line of JSON, parsed by Python's own parser.

Options as JSON in the first argument: certificate and key (paths; STARTTLS is then required), user and password (signing in is
then required). Ends with its standard input. Mail for refused@… is refused for good, for busy@… for the moment.
"""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

options = json.loads(sys.argv[1])


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address.startswith("refused@"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("busy@"):
            return "451 4.2.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)

        def part(subtype):
            found = [p for p in message.walk() if p.get_content_type() == "text/" + subtype]
            return found[0].get_content() if found else None

        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "headers": [[name.lower(), str(value)] for name, value in message.items()],
            "text": part("plain"),
            "html": part("html"),
            "tls": session.ssl is not None,
            "authenticated": bool(session.authenticated),
        }
        print(json.dumps(mail), flush=True)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    right = (
        isinstance(data, LoginPassword)
        and data.login.decode() == options["user"]
        and data.password.decode() == options["password"]
    )
    return AuthResult(success=right, handled=False)


def protocol():
    arguments = {"enable_SMTPUTF8": True, "hostname": "mail.test"}
    if "certificate" in options:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options["certificate"], options["key"])
        arguments.update(tls_context=context, require_starttls=True)
    if "user" in options:
        arguments.update(auth_required=True, auth_require_tls="certificate" in options, authenticator=authenticate)
    return SMTP(Handler(), **arguments)


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
