"""Secrets that carry their issuer's mark: the shapes that issuers and secret scanners document.

One line a kind. Every pattern begins with a literal, or nearly, so that one automaton finds all of
them in one pass; none is tried anywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scrubadub.filth import Filth

from core.redaction.detectors.base import Span, SpanDetector, linear


class SecretFilth(Filth):  # type: ignore[misc]
    type = "secret"


KINDS: dict[str, str] = {
    "1Password service account": r"ops_eyJ[\w-]{40,}",
    "Adafruit": r"aio_[A-Za-z0-9]{28}",
    "age": r"AGE-SECRET-KEY-1[0-9A-Z]{50,60}",
    "Airtable": r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}",
    "Alibaba": r"LTAI[A-Za-z0-9]{12,26}",
    "Atlassian": r"AT(?:ATT|CTT|BB)[A-Za-z0-9_=-]{20,}",
    "AWS access key": r"(?:AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{16}",
    "Braintree": r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}",
    "Brevo": r"xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}",
    "Clojars": r"CLOJARS_[a-z0-9]{60}",
    "Contentful": r"CFPAT-[\w-]{43}",
    "Databricks": r"dapi[a-f0-9]{32}(?:-[0-9])?",
    "DigitalOcean": r"do[opr]_v1_[a-f0-9]{64}",
    "Discord": r"[MNO][A-Za-z0-9]{23,27}\.[\w-]{6}\.[\w-]{27,40}",
    "Docker": r"dckr_(?:pat|oat)_[\w-]{20,64}",
    "Doppler": r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{40,64}",
    "Dropbox": r"sl\.(?:u\.)?[\w-]{100,}",
    "Dynatrace": r"dt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{64}",
    "EasyPost": r"EZ[AT]K[A-Za-z0-9]{54}",
    "Facebook": r"EAA[A-Za-z0-9]{60,}",
    "Figma": r"fig[dopuh]{1,2}_[\w-]{36,60}",
    "Flutterwave": r"FLWSECK(?:_TEST)?-[0-9a-zA-Z]{12,40}",
    "GitHub": r"gh[pousr]_[A-Za-z0-9]{20,}",
    "GitHub fine-grained": r"github_pat_[A-Za-z0-9_]{22,}",
    "GitLab": r"gl(?:pat|dt|rt|rtr|cbt|ptt|ft|imt|agent|oas|soat|ffct)-[\w.-]{20,}",
    "Google API": r"AIza[\w-]{30,60}",
    "Google OAuth": r"ya29\.[\w.-]{20,}",
    "Google OAuth client": r"GOCSPX-[\w-]{20,60}",
    "Google refresh": r"1//0[\w-]{35,}",
    "Grafana": r"gl(?:c|sa)_[A-Za-z0-9+/_=]{32,}",
    "Groq": r"gsk_[A-Za-z0-9]{40,64}",
    "Heroku": r"HRKU-[\w-]{36,64}",
    "Hugging Face": r"(?:hf|api_org)_[A-Za-z0-9]{20,}",
    "JSON web token": r"eyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?(?:\.[\w-]*)?(?:\.[\w-]*)?",
    "Linear": r"lin_(?:api|oauth)_[A-Za-z0-9]{32,64}",
    "Mailchimp": r"[0-9a-f]{32}-us[0-9]{1,2}",
    "Mailgun": r"(?:priv)?key-[0-9a-f]{32}",
    "Mapbox": r"[sp]k\.eyJ[\w-]{20,}\.[\w-]{16,}",
    "Netlify": r"nf[pco]_[A-Za-z0-9_]{36,64}",
    "New Relic": r"NR(?:AK|II|RA|JS)-[A-Za-z0-9_-]{19,48}",
    "Notion": r"ntn_[A-Za-z0-9]{40,64}|secret_[A-Za-z0-9]{43}",
    "npm": r"npm_[A-Za-z0-9]{36}",
    "NuGet": r"oy2[a-z0-9]{43}",
    "OpenAI, Anthropic and like": r"sk-[A-Za-z0-9_-]{16,}",
    "Perplexity": r"pplx-[A-Za-z0-9]{40,64}",
    "Pinecone": r"pcsk_[A-Za-z0-9_]{40,}",
    "Plaid": r"access-(?:sandbox|development|production)-[0-9a-f]{8}-[0-9a-f-]{27}",
    "PlanetScale": r"pscale_(?:tkn|pw|oauth)_[\w.-]{32,64}",
    "Postman": r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}",
    "Prefect": r"pn[ub]_[a-zA-Z0-9]{36}",
    "Pulumi": r"pul-[a-f0-9]{40}",
    "PyPI": r"pypi-[\w-]{40,}",
    "Razorpay": r"rzp_(?:live|test)_[A-Za-z0-9]{14,32}",
    "Replicate": r"r8_[A-Za-z0-9]{37,40}",
    "RubyGems": r"rubygems_[a-f0-9]{48}",
    "SendGrid": r"SG\.[\w-]{16,64}\.[\w-]{16,64}",
    "Sentry": r"sntry[su]_[A-Za-z0-9+/=_-]{40,}",
    "Shopify": r"shp(?:at|ca|pa|ss|tka)_[a-fA-F0-9]{32}",
    "Slack": r"xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}",
    "Square": r"sq0(?:atp|csp|idp)-[\w-]{22,43}|EAAA[\w-]{60}",
    "Stripe": r"[rsp]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{16,}",
    "Supabase": r"sbp_[a-f0-9]{40}|sb_secret_[\w-]{20,64}",
    "Telegram": r"[0-9]{8,10}:AA[\w-]{33}",
    "Terraform Cloud": r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,70}",
    "Twilio": r"(?:AC|SK)[0-9a-f]{32}",
    "Typeform": r"tfp_[\w.=-]{40,60}",
    "Vault": r"hv[sbr]\.[\w-]{24,}",
    "xAI": r"xai-[A-Za-z0-9]{70,90}",
    "Yandex": r"AQVN[\w-]{35,38}",
}


class Issued(SpanDetector):
    """Keys and tokens of `KINDS`."""

    name = "issued_secret"
    filth_cls = SecretFilth
    needs = (
        r"\b(?:ops_eyJ|aio_|AGE-SECRET|pat[A-Za-z0-9]{14}\.|LTAI|AT(?:ATT|CTT|BB)|A[A-Z]{3}[A-Z0-9]{8}"
        r"|access_token\$|xkeysib-|CLOJARS_|CFPAT-|dapi[a-f0-9]{8}|do[opr]_v1_|[MNO][A-Za-z0-9]{23}"
        r"|dckr_|dp\.[a-z]{2}|sl\.|dt0c01|EZ[AT]K|EAA|fig[dopuh]|FLWSECK|gh[pousr]_|github_pat_|gl[a-z]{1,5}[-_]"
        r"|AIza|ya29\.|GOCSPX-|1//0|gsk_|HRKU-|hf_|api_org_|eyJ|lin_|[0-9a-f]{32}-us|(?:priv)?key-[0-9a-f]{8}"
        r"|[sp]k\.eyJ|nf[pco]_|NR[A-Z]{2}-|ntn_|secret_[A-Za-z0-9]{20}|npm_|oy2[a-z0-9]{20}|sk-|pplx-|pcsk_"
        r"|access-(?:s|d|p)|pscale_|PMAK-|pn[ub]_|pul-|pypi-|rzp_|r8_|rubygems_|SG\.|sntry|shp|x(?:ox|app)"
        r"|sq0|[rsp]k_(?:live|test)_|whsec_|sbp_|sb_secret_|[0-9]{8,10}:AA|[A-Za-z0-9]{14}\.atlasv1"
        r"|(?:AC|SK)[0-9a-f]{8}|tfp_|hv[sbr]\.|xai-|AQVN)"
    )
    _shapes = linear(r"\b(?:" + "|".join(KINDS.values()) + ")")

    def spans(self, text: str) -> Iterator[Span]:
        for match in self._shapes.finditer(text):
            # "sk-learn-something-long" is a name: no digit, but dashes between words.
            if any(map(str.isdigit, match.group())) or not re.search("[-_.]", match.group()[4:]):
                yield match.span()
