#!/usr/bin/env python3
"""Writes the long tail of the catalogue, rules/catalogue/*-long-tail.toml, from third-party-web's facts (MIT).

    npm pack third-party-web && tar xf third-party-web-*.tgz
    scripts/catalogue.py package/dist/entities.json

An entity becomes a service when nobody completed it by hand in another file of rules/catalogue, its kind is one that
needs consent (KINDS), and it is not left out below (LEFT_OUT, LEFT_OUT_HOSTS) with a reason. Kinds that serve a site's
own code and files are taken by name only (TAKEN). Numbers come from rules/numbers.lock, new services get the next ones.
"""

import json
import re
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

RULES = Path(__file__).resolve().parent.parent / "rules"
FIRST_NUMBER = 2001

# third-party-web's kind: our category, and what the widget says.
KINDS = {
    "ad": ("marketing", "Shows, targets or measures advertising."),
    "analytics": ("statistics", "Measures visits or what visitors do."),
    "customer-success": ("preferences", "Chat with the site's people, or help."),
    "marketing": ("marketing", "Recognises customers, or shows them offers."),
    "social": ("marketing", "Buttons, posts or pictures of a social network."),
    "tag-manager": ("marketing", "Loads the other tags that the site has chosen, of any kind."),
    "video": ("preferences", "Videos in the page."),
}

# Of the other kinds (cdn, hosting, utility, content, other): what is known to recognise visitors or to embed content.
ADVERTISING, MEASURING, VIDEO, CONTENT = (
    KINDS["ad"],
    KINDS["analytics"],
    KINDS["video"],
    ("preferences", "Content or a function of others in the page."),
)
TAKEN = {
    "301 Digital Media": ADVERTISING,
    "Accuen Media (Omnicom Media Group)": ADVERTISING,
    "Betgenius": ADVERTISING,
    "Browsealoud": CONTENT,
    "Clicktripz": ADVERTISING,
    "Coherent Path": KINDS["marketing"],
    "Coral": CONTENT,
    "CPEx": ADVERTISING,
    "CyberKnight": MEASURING,
    "Dailykarma": KINDS["marketing"],
    "Dash Hudson": KINDS["marketing"],
    "Demand Media": ADVERTISING,
    "Elevate": KINDS["marketing"],
    "Errorception": MEASURING,
    "Euroland": CONTENT,
    "Everquote": ADVERTISING,
    "Firepush": KINDS["marketing"],
    "Forensiq": ADVERTISING,
    "Fraudlogix": ADVERTISING,
    "Gfycat": VIDEO,
    "Groovy Gecko": VIDEO,
    "Hull.js": KINDS["marketing"],
    "ICF Technology": ADVERTISING,
    "Instembedder": CONTENT,
    "LikeShop": KINDS["marketing"],
    "Living Map Company": CONTENT,
    "Logentries": MEASURING,
    "Maptive": CONTENT,
    "Moxie": KINDS["customer-success"],
    "Multiview": ADVERTISING,
    "Noibu": MEASURING,
    "OnYourMap": CONTENT,
    "Olapic": KINDS["marketing"],
    "Opta": CONTENT,
    "Optimise Media Group": ADVERTISING,
    "PERFORM": VIDEO,
    "Perform Group": VIDEO,
    "Pixalate": ADVERTISING,
    "Po.st": KINDS["social"],
    "Proper Media": ADVERTISING,
    "Receiptful": KINDS["marketing"],
    "reEmbed": VIDEO,
    "ResponsiveVoice": CONTENT,
    "Revenue Conduit": KINDS["marketing"],
    "Revlifter": KINDS["marketing"],
    "Roost": KINDS["marketing"],
    "Runner": ADVERTISING,
    "Samba TV": ADVERTISING,
    "SelectMedia International": ADVERTISING,
    "Simplestream": VIDEO,
    "Siteimprove": MEASURING,
    "Sorenson Media": ADVERTISING,
    "Strands": KINDS["marketing"],
    "Sumo Logic": MEASURING,
    "The Numa Group": MEASURING,
    "TurnTo": CONTENT,
    "Twenga": ADVERTISING,
    "Twitframe": KINDS["social"],
    "uLogin": CONTENT,
    "Veeseo": ADVERTISING,
    "Viocorp International": VIDEO,
    "Watching That": MEASURING,
    "WebVideoCore": VIDEO,
    "Yo": KINDS["marketing"],
    "YoYo": ADVERTISING,
    "everestads.com": ADVERTISING,
    "nRelate-VOID": ADVERTISING,
}

# Of the kinds that are taken: what is no tracker after all, or would break the sites that it serves.
LEFT_OUT = {
    "Amplience": "serves a shop's own pictures",
    "Bigcommerce": "serves a shop's own files",
    "Evidon": "asks for consent",
    "Ghostery Enterprise": "asks for consent",
    "LiveRamp Privacy Manager": "asks for consent",
    "Okta": "signs people in",
    "Onet": "a portal of its own",
    "RebelMouse": "serves a site's own pages",
    "Reklama": "portals of their own",
    "StackExchange": "serves its own sites",
    "Tray Commerce": "serves a shop's own files",
    "Unidays": "a shop of its own",
    "Vonage Video API": "carries a call that the visitor makes",
    "Wayfair": "a shop of its own",
    "WISHLIST": "a function that the visitor asks for",
    "jsonip.com": "tells a program its address",
}

# Hosts of an entity that are more than its tags: whole sites, networks for everybody's files, public suffixes.
LEFT_OUT_HOSTS = set(
    """
    answcdn.com answers.com apple.com bbb.org bestofmedia.com bsd.net buzzfed.com buzzfeed.com bwbx.io ccm2.net
    cdnplanet.com cloudfront.ne daum.net daumcdn.net de.com ebay.com ebayimg.com experian.com five.tv force.com gravity.com
    guardian.co.uk hootsuite.com hostingprod.com hotukdeals.com hp.com ibmcloud.com icnetwork.co.uk lexity.com
    livejournal.com livejournal.net mobilenations.com mshcdn.com myspace.com net.net net.pl pistonheads.com purch.com
    rovicorp.com salesforce.com sas.com sidereel.com spiceworks.com storify.com thebestday.com theguardian.com tm-aws.com
    twenga.fr ui-portal.de websta.me where.com wowcher.co.uk xboxlive.com yahoo.com yahooapis.com yimg.com zenfs.com
    zoover.co.uk zoover.nl
    """.split()
)


def read_by_hand():
    """Hosts and slugs of the files that are kept by hand."""
    hosts, slugs = set(), set()
    for file in sorted((RULES / "catalogue").glob("*.toml")):
        if file.stem.endswith("-long-tail"):
            continue
        for service in tomllib.loads(file.read_text()).get("service", []):
            slugs.add(service["slug"])
            hosts.update(host.lstrip("=").split("/")[0] for host in service.get("hosts", []))
    return hosts, slugs


def is_below(host, hosts):
    """Whether a host or one above it is among the hosts."""
    labels = host.split(".")
    return any(".".join(labels[at:]) in hosts for at in range(len(labels)))


def slug_of(name):
    """A name for marks: a-z, 0-9 and hyphens."""
    ascii_name = name.lower().replace("ö", "oe").replace("ä", "ae").replace("ü", "ue").replace("&amp;", "and")
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:48].strip("-")


def clean(name):
    """The name as people write it; the source marks dead ones and has some in a wrong encoding."""
    try:
        name = name.encode("latin-1").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        pass
    return name.replace("-VOID", "").replace("&amp;", "&").strip()


def services(entities):
    """The long tail: one service per entity, most seen first."""
    by_hand, slugs = read_by_hand()
    seen = set()
    for entity in sorted(entities, key=lambda e: (-e.get("totalOccurrences", 0), e["name"])):
        kind = TAKEN.get(entity["name"]) or KINDS.get(entity["category"])
        if kind is None or entity["name"] in LEFT_OUT:
            continue
        hosts = sorted({domain.removeprefix("*.").lower() for domain in entity["domains"]})
        hosts = [host for host in hosts if "." in host and not host.replace(".", "").isdigit()]
        if any(is_below(host, by_hand) for host in hosts):
            continue
        hosts = [host for host in hosts if host not in LEFT_OUT_HOSTS and not is_below(host, seen)]
        hosts = [host for host in hosts if not is_below(host.partition(".")[2], set(hosts))]
        name = clean(entity["name"])
        slug = slug_of(name)
        while slug in slugs:
            slug += "-2"
        if hosts and slug:
            seen.update(hosts)
            slugs.add(slug)
            yield {"slug": slug, "name": name, "category": kind[0], "purpose": kind[1], "hosts": hosts}


def numbered(found):
    """Gives each its number: the recorded one, or the next after all that were ever given in this range."""
    recorded = tomllib.loads((RULES / "numbers.lock").read_text())["services"]
    following = max([FIRST_NUMBER - 1, *(n for slug, n in recorded.items() if "/" not in slug)]) + 1
    for service in found:
        if service["slug"] in recorded:
            service["number"] = recorded[service["slug"]]
        else:
            service["number"], following = following, following + 1
        yield service


def toml(service):
    """One `[[service]]`."""
    text = lambda value: json.dumps(value, ensure_ascii=False)
    hosts = f"hosts = [{', '.join(map(text, service['hosts']))}]"
    if len(hosts) > 120:
        hosts = "hosts = [\n" + "".join(f"    {text(host)},\n" for host in service["hosts"]) + "]"
    return f"""
[[service]]
slug = {text(service["slug"])}
number = {service["number"]}
name = {text(service["name"])}
category = {text(service["category"])}
{hosts}
purpose = {text(service["purpose"])}
source = "third-party-web (MIT)"
"""


def main():
    entities = json.loads(Path(sys.argv[1]).read_text())
    files = defaultdict(list)
    for service in numbered(services(entities)):
        files[service["category"]].append(service)
    for category, found in files.items():
        head = f"# The long tail of {category}: written by scripts/catalogue.py, not by hand.\nformat = 1\n"
        file = RULES / "catalogue" / f"{category}-long-tail.toml"
        file.write_text(head + "".join(map(toml, sorted(found, key=lambda s: s["number"]))))
        print(f"{file.name}: {len(found)} services")


if __name__ == "__main__":
    main()
