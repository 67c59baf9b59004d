"""An invented secret of every kind that `detectors.issued` knows.

They are put together from parts, so that no scanner takes this file for a leak.
"""

HEX = "0123456789abcdef" * 8
MIXED = "aB3dE5gH7jK9mN1pQ3sT5vW7xY9zA2cD4fG6" * 8


def hexes(count: int) -> str:
    return HEX[:count]


def mixed(count: int) -> str:
    return MIXED[:count]


ISSUED = {
    "1Password service account": "ops_" + "eyJ" + mixed(60),
    "Adafruit": "aio_" + mixed(28),
    "age": "AGE-SECRET-" + "KEY-1" + mixed(58).upper(),
    "Airtable": "pat" + mixed(14) + "." + hexes(64),
    "Alibaba": "LTAI" + mixed(20),
    "Atlassian": "ATATT3" + mixed(60),
    "AWS access key": "AKIA" + mixed(16).upper(),
    "Braintree": "access_token$" + "production$" + hexes(16) + "$" + hexes(32),
    "Brevo": "xkeysib-" + hexes(64) + "-" + mixed(16),
    "Clojars": "CLOJARS_" + mixed(60).lower(),
    "Contentful": "CFPAT-" + mixed(43),
    "Databricks": "dapi" + hexes(32),
    "DigitalOcean": "dop_v1_" + hexes(64),
    "Discord": "M" + mixed(23) + "." + mixed(6) + "." + mixed(27),
    "Docker": "dckr_pat_" + mixed(27),
    "Doppler": "dp.pt." + mixed(43),
    "Dropbox": "sl." + mixed(130),
    "Dynatrace": "dt0c01." + mixed(24).upper() + "." + mixed(64).upper(),
    "EasyPost": "EZAK" + mixed(54),
    "Facebook": "EAACEdEose0cBA" + mixed(60),
    "Figma": "figd_" + mixed(40),
    "Flutterwave": "FLWSECK_TEST-" + mixed(32),
    "GitHub": "gho_" + mixed(36),
    "GitHub fine-grained": "github_pat_" + mixed(22) + "_" + mixed(59),
    "GitLab": "glpat-" + mixed(20),
    "Google API": "AIza" + mixed(35),
    "Google OAuth": "ya29." + mixed(60),
    "Google OAuth client": "GOCSPX-" + mixed(28),
    "Google refresh": "1//0" + mixed(60),
    "Grafana": "glsa_" + mixed(32) + "_" + hexes(8),
    "Groq": "gsk_" + mixed(52),
    "Heroku": "HRKU-" + mixed(60),
    "Hugging Face": "hf_" + mixed(34),
    "JSON web token": "eyJ" + mixed(20) + "." + "eyJ" + mixed(30) + "." + mixed(43),
    "Linear": "lin_api_" + mixed(40),
    "Mailchimp": hexes(32) + "-us12",
    "Mailgun": "key-" + hexes(32),
    "Mapbox": "sk.eyJ" + mixed(60) + "." + mixed(22),
    "Netlify": "nfp_" + mixed(40),
    "New Relic": "NRAK-" + mixed(27).upper(),
    "Notion": "ntn_" + mixed(46),
    "npm": "npm_" + mixed(36),
    "NuGet": "oy2" + mixed(43).lower(),
    "OpenAI, Anthropic and like": "sk-" + "ant-api03-" + mixed(60),
    "Perplexity": "pplx-" + mixed(48),
    "Pinecone": "pcsk_" + mixed(60),
    "Plaid": "access-sandbox-" + "01234567-89ab-cdef-0123-456789abcdef",
    "PlanetScale": "pscale_tkn_" + mixed(43),
    "Postman": "PMAK-" + hexes(24) + "-" + hexes(34),
    "Prefect": "pnu_" + mixed(36),
    "Pulumi": "pul-" + hexes(40),
    "PyPI": "pypi-" + "AgEIcHlwaS5vcmc" + mixed(60),
    "Razorpay": "rzp_live_" + mixed(14),
    "Replicate": "r8_" + mixed(37),
    "RubyGems": "rubygems_" + hexes(48),
    "SendGrid": "SG." + mixed(22) + "." + mixed(43),
    "Sentry": "sntrys_" + mixed(60),
    "Shopify": "shpat_" + hexes(32),
    "Slack": "xoxp-" + "123456789012-" + mixed(24),
    "Square": "sq0atp-" + mixed(22),
    "Stripe": "rk_live_" + mixed(24),
    "Supabase": "sbp_" + hexes(40),
    "Telegram": "123456789:" + "AA" + mixed(33),
    "Terraform Cloud": mixed(14) + ".atlasv1." + mixed(66),
    "Twilio": "SK" + hexes(32),
    "Typeform": "tfp_" + mixed(44),
    "Vault": "hvs." + mixed(24),
    "xAI": "xai-" + mixed(80),
    "Yandex": "AQVN" + mixed(35),
}

CONTEXTS = ("{}", "The key {} stopped working.", "export X={}\nls", '{{"a": "{}"}}')
"""Where each is tried."""
