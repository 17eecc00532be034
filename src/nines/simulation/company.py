"""The company before anything happens to it: teams, people, services, providers, SLOs."""

from dataclasses import replace
from datetime import date, timedelta

from nines.simulation.draws import CAPITALS, Draws
from nines.simulation.truth import Person, Scenario, Service, Slo, Team, Truth, Vendor

# Name, IANA zone, holiday calendar.
TEAMS = (
    ("Payments", "Europe/London", "england-and-wales"),
    ("Discovery", "America/New_York", "united-states"),
    ("Ledger", "Europe/Berlin", "germany"),
    ("Data", "Asia/Kolkata", "india"),
    ("Identity", "America/Los_Angeles", "united-states"),
    ("Logistics", "Europe/Warsaw", "poland"),
    ("Messaging", "Australia/Sydney", "australia"),
    ("Platform", "America/Sao_Paulo", "brazil"),
    ("Billing", "Europe/Dublin", "ireland"),
    ("Insights", "Asia/Tokyo", "japan"),
    ("Mobile", "America/Chicago", "united-states"),
    ("Trust", "Europe/Paris", "france"),
)
SERVICES_PER_TEAM = 5
# The team whose alerts drown it, and the service that spends its whole budget: the story's two
# warnings. Both are places in the lists, so that every company large enough has them.
NOISY_TEAM = 1
EXHAUSTED_SERVICE = 1

# Service, product. The first ones are the company's heart.
SERVICES = (
    ("checkout", "storefront"),
    ("search", "storefront"),
    ("invoices", "back-office"),
    ("warehouse-feed", "analytics"),
    ("catalog", "storefront"),
    ("basket", "storefront"),
    ("recommendations", "storefront"),
    ("ledger", "back-office"),
    ("reports", "analytics"),
    ("login", "accounts"),
    ("payments-gateway", "storefront"),
    ("product-images", "storefront"),
    ("tax", "back-office"),
    ("event-stream", "analytics"),
    ("sessions", "accounts"),
    ("refunds", "storefront"),
    ("reviews", "storefront"),
    ("payroll", "back-office"),
    ("experiments", "analytics"),
    ("profiles", "accounts"),
    ("shipping", "fulfilment"),
    ("notifications", "messaging"),
    ("gateway", "platform"),
    ("subscriptions", "accounts"),
    ("metrics-store", "analytics"),
    ("app-backend", "mobile"),
    ("fraud-check", "trust"),
    ("tracking", "fulfilment"),
    ("mailer", "messaging"),
    ("configuration", "platform"),
    ("coupons", "storefront"),
    ("dashboards", "analytics"),
    ("push", "mobile"),
    ("moderation", "trust"),
    ("stock", "fulfilment"),
    ("chat", "messaging"),
    ("secrets", "platform"),
    ("dunning", "back-office"),
    ("feature-store", "analytics"),
    ("deep-links", "mobile"),
    ("consents", "trust"),
    ("returns", "fulfilment"),
    ("templates", "messaging"),
    ("job-runner", "platform"),
    ("price-rules", "storefront"),
    ("forecasts", "analytics"),
    ("offline-sync", "mobile"),
    ("audit-log", "trust"),
    ("carriers", "fulfilment"),
    ("preferences", "accounts"),
    ("object-store", "platform"),
    ("statements", "back-office"),
    ("suggestions", "storefront"),
    ("geocoder", "fulfilment"),
    ("app-config", "mobile"),
    ("sanctions", "trust"),
    ("webhooks", "messaging"),
    ("queue", "platform"),
    ("gift-cards", "storefront"),
    ("lineage", "analytics"),
)
# The tiers of the first services; later ones are drawn.
FIRST_TIERS = (0, 1, 2, 3, 1, 1, 2, 2)
REGIONS = ("eu-west-1", "us-east-1", "ap-south-1", "us-west-2")
VENDORS = (
    Vendor("mailhook", "Mailhook", "statuspage", ("Delivery", "API")),
    Vendor("paylane", "Paylane", "statuspage", ("Card payments", "Payouts")),
    Vendor(
        "google-cloud",
        "Google Cloud",
        "google_cloud_status",
        ("Google Compute Engine", "Google Cloud Storage", "Google Cloud Pub/Sub"),
    ),
)
FIRST_NAMES = (
    "Ada Amir Anja Aoife Bela Bram Carla Chen Dara Dora Eli Emre Fay Femi Gita Goran Hana Hal "
    "Ines Ivo Jun Kaya Lena Liam Mara Milo Nadia Noor Olga Omar Petra Quinn Rafa Rosa Sana "
    "Sven Tara Timo Uma Yuki"
)
LAST_NAMES = (
    "Abara Adler Bosko Brisk Castel Conti Dahl Duarte Eriks Farrow Grant Halek Ibsen Jansen "
    "Kapoor Keller Lindt Lund Marsh Mendez Nagy Novak Oduya Okoro Pike Quill Rao Reyes Sato "
    "Silva Tanaka Torv Ueda Varga Vogel Weiss Wirth Yates Zabel Zoric"
)


def found(scenario: Scenario, draws: Draws) -> Truth:
    """Return the company of a scenario, with an empty history."""
    truth = Truth(scenario)
    truth.teams = _teams(scenario, draws)
    truth.people = _people(truth.teams, draws)
    truth.vendors = list(VENDORS)
    truth.services = _services(truth, draws)
    truth.slos = _slos(truth, draws)
    return truth


def _teams(scenario: Scenario, draws: Draws) -> list[Team]:
    teams = []
    for place in range(-(-scenario.services // SERVICES_PER_TEAM)):
        round_number, kind = divmod(place, len(TEAMS))
        name, zone, calendar = TEAMS[kind]
        if round_number:
            name = f"{name} {round_number + 1}"
        start_hour = draws.integer(8, 10, "deployment hours", place)
        teams.append(
            Team(
                team_id=name.lower().replace(" ", "-"),
                name=name,
                time_zone=zone,
                holiday_calendar=calendar,
                # One team is too small for its figures to be published.
                rotation_size=2 if place == 3 else draws.integer(3, 6, "rotation", place),
                deploys_by=("gitops", "github", "github_graphql")[place % 3],
                pages_by=("pagerduty", "pagerduty", "servicenow", "servicenow_tables", "pagerduty")[
                    place % 5
                ],
                deployment_hours=(start_hour, start_hour + 8),
            )
        )
    return teams


def _people(teams: list[Team], draws: Draws) -> list[Person]:
    people: list[Person] = []
    first_names, last_names = FIRST_NAMES.split(), LAST_NAMES.split()
    names = len(first_names) * len(last_names)
    # A step that shares no factor with their number visits every pair of names once.
    offset = draws.integer(0, names - 1, "names")
    for team in teams:
        for _ in range(team.rotation_size):
            number = len(people)
            first, last = divmod((offset + number * 641) % names, len(last_names))
            name = f"{first_names[first]} {last_names[last]}"
            namesake = number // names
            login = name.lower().replace(" ", "") + (str(namesake) if namesake else "")
            people.append(
                Person(
                    person_id=f"P{number + 1:04}",
                    name=name,
                    email=f"{name.lower().replace(' ', '.')}{namesake or ''}@example.com",
                    pagerduty_id=_pagerduty_id(draws, "user", number),
                    github_login=login,
                    team_id=team.team_id,
                    time_zone=team.time_zone,
                )
            )
    return people


def _pagerduty_id(draws: Draws, kind: str, number: int) -> str:
    return "P" + draws.identifier(CAPITALS, 6, "pagerduty", kind, number)


def _services(truth: Truth, draws: Draws) -> list[Service]:
    scenario = truth.scenario
    names = [_service_name(place) for place in range(scenario.services)]
    services = []
    for place, (name, product) in enumerate(names):
        # One in twenty is unknown to every catalogue: an old thing of the first team.
        is_catalogued = place % 20 != 7
        service_id = name if is_catalogued else f"legacy-{name}"
        tier = _tier(draws, place) if is_catalogued else 3
        team = truth.teams[place % len(truth.teams) if is_catalogued else 0]
        is_customer_facing = is_catalogued and (
            tier < 2 or (tier == 2 and draws.happens(300, "customer-facing", place))
        )
        regions = draws.sample(REGIONS, {0: 3, 1: 2}.get(tier, 1), "regions", place)
        services.append(
            Service(
                service_id=service_id,
                title=name.replace("-", " ").capitalize() if is_catalogued else service_id,
                description=f"What the company does for {product}: {name.replace('-', ' ')}.",
                tier=tier,
                team_id=team.team_id,
                product=product,
                regions=tuple(regions),
                is_customer_facing=is_customer_facing,
                revenue_per_minute_usd=(
                    draws.integer(4, 60, "revenue", place) * (25, 5, 1, 1)[tier]
                    if is_customer_facing
                    else None
                ),
                lifecycle="deprecated" if not is_catalogued else "production",
                catalogued_in=_catalogue(place) if is_catalogued else None,
                first_seen_date=_first_seen(scenario, draws, place),
                depends_on=(),
                vendor_ids=_vendors_of(draws, place),
                requests_per_hour=draws.integer(20, 90, "requests", place)
                * (800, 250, 60, 8)[tier],
                growth_permille_per_year=draws.integer(40, 450, "growth", place),
            )
        )
    return [_with_dependencies(service, services, draws) for service in services]


def _service_name(place: int) -> tuple[str, str]:
    round_number, kind = divmod(place, len(SERVICES))
    name, product = SERVICES[kind]
    return (f"{name}-{round_number + 1}" if round_number else name), product


def _tier(draws: Draws, place: int) -> int:
    if place < len(FIRST_TIERS):
        return FIRST_TIERS[place]
    return draws.weighted(((0, 8), (1, 25), (2, 40), (3, 27)), "tier", place)


def _catalogue(place: int) -> str:
    return "catalogue" if place % 7 == 5 else "backstage"


def _first_seen(scenario: Scenario, draws: Draws, place: int) -> date:
    first = scenario.start_at.date()
    if place % 8 != 6 or scenario.days < 60:
        return first
    return first + timedelta(days=draws.integer(20, scenario.days * 2 // 3, "born", place))


def _vendors_of(draws: Draws, place: int) -> tuple[str, ...]:
    return tuple(
        vendor.vendor_id for vendor in VENDORS if draws.happens(250, "vendor", place, vendor.name)
    )


def _with_dependencies(service: Service, services: list[Service], draws: Draws) -> Service:
    """Let a service call up to three later ones: the graph has no circles."""
    place = services.index(service)
    later = [other for other in services[place + 1 :] if other.catalogued_in]
    count = draws.integer(0, 3, "dependencies", place)
    called = draws.sample(later[:25], count, "depends on", place)
    return replace(service, depends_on=tuple(other.service_id for other in called))


def _slos(truth: Truth, draws: Draws) -> list[Slo]:
    slos: list[Slo] = []
    for place, service in enumerate(truth.services):
        if not service.catalogued_in or service.tier == 3:
            continue
        # A tier-1 service in ten has none yet: what coverage is about.
        if service.tier == 1 and place > 8 and draws.happens(100, "no slo", place):
            continue
        slos += _slos_of(service, place, truth.scenario, draws)
    return slos


def _slos_of(service: Service, place: int, scenario: Scenario, draws: Draws) -> list[Slo]:
    method, slice_target = (
        ("Occurrences", None),
        ("Occurrences", None),
        ("Timeslices", 995_000),
        ("Occurrences", None),
        ("RatioTimeslices", None),
    )[place % 5]
    window, is_rolling, zone = (("28d", True, None), ("30d", True, None), ("1M", False, "UTC"))[
        place % 3
    ]
    if place == EXHAUSTED_SERVICE:
        method, slice_target, window, is_rolling, zone = "Occurrences", None, "28d", True, None
    first = Slo(
        slo_id=f"{service.service_id}-availability",
        service_id=service.service_id,
        display_name=f"{service.title} answers",
        kind="availability",
        target_ppm=(999_500, 999_000, 995_000)[service.tier],
        window=window,
        is_rolling=is_rolling,
        time_zone=zone,
        method=method,
        slice_target_ppm=slice_target,
        slice_window=None if method == "Occurrences" else "1h",
        is_traffic=True,
        valid_from=max(scenario.start_at.date(), service.first_seen_date),
    )
    slos = [first]
    # Some targets rise along the way: an SLO has versions.
    middle = scenario.start_at.date() + timedelta(days=scenario.days // 2)
    if place % 6 == 0 and scenario.days >= 60 and first.valid_from < middle:
        slos.append(
            replace(
                first,
                target_ppm=first.target_ppm + (1_000_000 - first.target_ppm) // 2,
                valid_from=middle,
            )
        )
    if service.tier < 2:
        slos.append(
            Slo(
                slo_id=f"{service.service_id}-latency",
                service_id=service.service_id,
                display_name=f"{service.title} answers quickly",
                kind="latency",
                target_ppm=990_000,
                window="28d",
                is_rolling=True,
                time_zone=None,
                method="Occurrences",
                slice_target_ppm=None,
                slice_window=None,
                is_traffic=False,
                valid_from=first.valid_from,
            )
        )
    return slos
