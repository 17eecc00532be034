"""Makes what the company's clouds cost: every line of every bill, by SQL alone, in whole numbers.

Quantities are millionths of a unit and prices millionths of the currency, so that their product is
exact: a whole number of 10^-12, as many places as a bill may have. What a service uses follows its
traffic; a commitment is bought for most of what its first day used, and what nobody draws of it is
`Unused`; a right-sizing programme lets some services do the same work on fewer machines.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa

from nines.landing.sqltext import literal
from nines.simulation import traffic
from nines.simulation.draws import Draws
from nines.simulation.truth import Scenario, Truth

DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class Provider:
    """A cloud: the currency it bills in, and the version of FOCUS it speaks."""

    name: str
    issuer: str
    currency: str
    focus_version: str
    share: int  # of the services that run there, in permille
    tax_permille: int
    support_fee_micro: int


PROVIDERS = (
    Provider("Cirrus", "Cirrus Inc.", "USD", "1.0", 600, 70, 940_000_000),
    Provider("Stratus", "Stratus Cloud LLC", "USD", "1.2", 250, 0, 410_000_000),
    Provider("Nimbus", "Nimbus GmbH", "EUR", "1.3", 150, 190, 125_500_000),
)


@dataclass(frozen=True, slots=True)
class Product:
    """What a provider sells by the unit, at its public price in millionths."""

    name: str
    category: str
    unit: str
    list_micro: int
    discount_permille: int  # negotiated
    resource_type: str
    is_everywhere: bool  # in every region of a service, or only in its main one


PRODUCTS = (
    Product("Virtual Machines", "Compute", "Hours", 192_000, 80, "Virtual Machine", True),
    Product("Managed Database", "Databases", "Hours", 348_000, 60, "Database Instance", False),
    Product("Data Transfer", "Networking", "GB", 87_000, 120, "Network Interface", True),
    Product("Object Storage", "Storage", "GB-Months", 23_000, 0, "Bucket", False),
)
_COMPUTE, _DATABASE, _NETWORK, _STORAGE = range(4)
_SHARED_CLUSTER_NODES = 12


@dataclass(frozen=True, slots=True)
class Commitment:
    """Hours of a product a day, paid for whether they are used or not."""

    commitment_id: str
    name: str
    provider: str
    product_number: int
    is_upfront: bool
    price_micro: int
    hours_micro: int  # a day
    from_date: date
    to_date: date  # the first day after its term


@dataclass(frozen=True, slots=True)
class SavingsInitiative:
    """A service that was given fewer machines for the same work, and what that was to save."""

    initiative_id: str
    service_id: str
    name: str
    owner_team_id: str
    effective_from: date
    baseline_unit_cost_usd: str  # a decimal: effective cost per unit in the 28 days before
    unit: str
    horizon_months: int
    evidence_url: str


@dataclass(frozen=True, slots=True)
class _RightSizing:
    service_id: str
    effective_from: date
    gain_permille: int


def provider_of(truth: Truth, draws: Draws, service_id: str) -> Provider:
    """Return the cloud a service runs in; every cloud has one of the first services."""
    for provider, service in zip(PROVIDERS, truth.services, strict=False):
        if service.service_id == service_id:
            return provider
    return draws.weighted([(entry, entry.share) for entry in PROVIDERS], "provider", service_id)


def account_of(draws: Draws, provider: Provider) -> str:
    """Return the id of the account a provider invoices."""
    return draws.identifier(DIGITS[1:], 10, "billing account", provider.name)


def add_initiatives(truth: Truth, draws: Draws) -> None:
    """Put the right-sizing programme into `truth.practice['savings_initiatives']`.

    Its baselines are taken from the bill and the traffic, both at scale 1.
    """
    initiatives = []
    with opened(truth, draws, scale=1) as connection:
        for number, plan in enumerate(_right_sizings(truth, draws), start=1):
            service = truth.service(plan.service_id)
            end = datetime.combine(plan.effective_from, datetime.min.time())
            start = end - timedelta(days=28)
            unit_cost = _unit_cost(connection, truth, plan.service_id, start, end)
            initiatives.append(
                SavingsInitiative(
                    initiative_id=f"SAVE-{number:03}",
                    service_id=plan.service_id,
                    name=f"Right-size {service.title}",
                    owner_team_id=service.team_id,
                    effective_from=plan.effective_from,
                    baseline_unit_cost_usd=str(unit_cost),
                    unit="thousand requests",
                    horizon_months=12,
                    evidence_url=f"https://wiki.example.com/savings/SAVE-{number:03}",
                )
            )
    truth.practice["savings_initiatives"] = initiatives


def write_truth_tables(truth: Truth, draws: Draws, folder: Path) -> None:
    """Write `cost_lines.parquet`: every line of every bill as last issued, with its true service.

    `service_id` is who used it, `tagged_service_id` whom the tag names. Costs are in the bill's
    currency. Only at scale 1: above it the bills are such tables themselves.
    """
    if truth.scenario.scale > 1:
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = literal(str(folder / "cost_lines.parquet"))
    with opened(truth, draws) as connection:
        connection.execute("create table all_lines as select * from (select 1) limit 0")
        months = [
            lines(truth.scenario, start, end) for start, end in traffic.months_of(truth.scenario)
        ]
        for number, sql in enumerate(months):
            verb = (
                "create or replace table all_lines as" if number == 0 else "insert into all_lines"
            )
            connection.execute(f"{verb} {sql}")
        connection.execute(
            "copy (select * from all_lines order by billing_period_start_at, billing_account_id, "
            "charge_period_start_at, charge_category, resource_id, commitment_discount_status, "
            f"effective_cost) to {path} (format parquet, compression zstd)"
        )


@contextmanager
def opened(
    truth: Truth, draws: Draws, *, scale: int | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a scratch engine that holds what decides the costs; `lines` asks it."""
    scale = truth.scenario.scale if scale is None else scale
    with traffic.opened(truth, draws, scale=1) as connection:
        for name, table in {
            "cost_services": _cost_services(truth, draws),
            "cost_regions": _cost_regions(truth),
            "providers": _providers(draws),
            "products": _products(),
            "older_services": _older_services(truth),
            "commitments": _commitments_table([]),
        }.items():
            connection.register("given", table)
            connection.execute(f"create table {name} as select * from given")
            connection.unregister("given")
        connection.execute(_resources(scale))
        _commit(connection, truth, draws)
        yield connection


def lines(scenario: Scenario, start: datetime, end: datetime) -> str:
    """Return the SQL of all lines of the bills of one month, for an `opened` engine.

    The bill of a month that ends within the history is closed: invoiced and taxed.
    """
    billing_start = start.replace(day=1, hour=0)
    billing_end = (billing_start + timedelta(days=32)).replace(day=1)
    closed = "true" if billing_end <= scenario.end_at else "false"
    return f"""
with

usage as (
    {_usage(scenario, start, end)}
),

committed as (
    select
        usage.*,
        commitments.commitment_id,
        commitments.price_micro,
        case
            when commitments.commitment_id is null then 0
            else greatest(
                0,
                least(
                    usage.quantity_micro,
                    commitments.hours_micro - (
                        sum(usage.quantity_micro) over (
                            partition by usage.provider, usage.product_number, usage.day
                            order by usage.resource_id
                            rows between unbounded preceding and current row
                        ) - usage.quantity_micro
                    )
                )
            )
        end as covered_micro
    from usage
    left join commitments
        on
            usage.provider = commitments.provider
            and usage.product_number = commitments.product_number
            and usage.day >= commitments.from_date
            and usage.day < commitments.to_date
),

drawn as (
    select
        commitment_id,
        day,
        sum(covered_micro) as drawn_micro
    from committed
    where commitment_id is not null
    group by commitment_id, day
),

days as (
    select cast(unnest(range(
        timestamp '{start}', timestamp '{end}', interval 1 day
    )) as date) as day
),

charges as (
    -- What no commitment covers.
    select
        provider, product_number, region, resource_id, resource_name, sub_account, tags,
        service_id, tagged_service_id,
        day as start_date, day + 1 as end_date,
        'Usage' as category, cast(null as varchar) as class, 'Usage-Based' as frequency,
        'Standard' as pricing_category,
        cast(null as varchar) as commitment_id, cast(null as varchar) as commitment_status,
        quantity_micro - covered_micro as quantity_micro,
        list_micro, contracted_micro,
        (quantity_micro - covered_micro) * contracted_micro as billed_pico,
        (quantity_micro - covered_micro) * contracted_micro as effective_pico,
        (quantity_micro - covered_micro) * list_micro as list_pico,
        (quantity_micro - covered_micro) * contracted_micro as contracted_pico
    from committed
    where quantity_micro > covered_micro

    union all

    -- What one covers: paid already.
    select
        provider, product_number, region, resource_id, resource_name, sub_account, tags,
        service_id, tagged_service_id,
        day, day + 1, 'Usage', null, 'Usage-Based', 'Committed',
        commitment_id, 'Used',
        covered_micro, list_micro, contracted_micro,
        0, covered_micro * price_micro, covered_micro * list_micro,
        covered_micro * contracted_micro
    from committed
    where covered_micro > 0

    union all

    -- What was paid and nobody drew.
    select
        commitments.provider, commitments.product_number, null, commitments.commitment_id,
        commitments.name, null, null, null, null,
        days.day, days.day + 1, 'Usage', null, 'Usage-Based', 'Committed',
        commitments.commitment_id, 'Unused',
        commitments.hours_micro - coalesce(drawn.drawn_micro, 0), null, null,
        0, (commitments.hours_micro - coalesce(drawn.drawn_micro, 0)) * commitments.price_micro,
        0, 0
    from commitments
    inner join days on days.day >= commitments.from_date and days.day < commitments.to_date
    left join drawn
        on commitments.commitment_id = drawn.commitment_id and days.day = drawn.day
    where commitments.hours_micro > coalesce(drawn.drawn_micro, 0)

    union all

    -- The payments: all at the start, or month by month.
    select
        provider, product_number, null, commitment_id, name, null, null, null, null,
        case when is_upfront then from_date else date '{billing_start:%Y-%m-%d}' end,
        case when is_upfront then to_date else date '{billing_end:%Y-%m-%d}' end,
        'Purchase', null, case when is_upfront then 'One-Time' else 'Recurring' end, 'Standard',
        commitment_id, null,
        paid_micro, price_micro, price_micro,
        paid_micro * price_micro, 0, paid_micro * price_micro, paid_micro * price_micro
    from (
        select
            *,
            hours_micro * case
                when is_upfront then to_date - from_date
                else date '{billing_end:%Y-%m-%d}' - date '{billing_start:%Y-%m-%d}'
            end as paid_micro
        from commitments
        where
            from_date <= date '{billing_start:%Y-%m-%d}'
            and to_date > date '{billing_start:%Y-%m-%d}'
            and (not is_upfront or from_date = date '{billing_start:%Y-%m-%d}')
    ) as payments

    union all

    -- A cluster everybody shares; its tag names a team, and no service.
    select
        providers.provider, {_COMPUTE}, 'eu-west-1',
        lower(providers.provider) || '-shared-cluster', 'shared-cluster', 'platform',
        '{{"team": "platform", "env": "production"}}', null, null,
        days.day, days.day + 1, 'Usage', null, 'Usage-Based', 'Standard', null, null,
        {24 * _SHARED_CLUSTER_NODES}000000, products.list_micro, products.contracted_micro,
        {24 * _SHARED_CLUSTER_NODES}000000 * products.contracted_micro,
        {24 * _SHARED_CLUSTER_NODES}000000 * products.contracted_micro,
        {24 * _SHARED_CLUSTER_NODES}000000 * products.list_micro,
        {24 * _SHARED_CLUSTER_NODES}000000 * products.contracted_micro
    from providers
    inner join products on products.product_number = {_COMPUTE}
    cross join days
    where providers.provider = '{PROVIDERS[0].name}'

    union all

    -- Three machine hours of a month ago were billed twice: a correction, on this bill.
    select
        resources.provider, resources.product_number, resources.region, resources.resource_id,
        resources.resource_name, resources.sub_account, resources.tags,
        resources.service_id, resources.tagged_service_id,
        date '{billing_start:%Y-%m-%d}' - 17, date '{billing_start:%Y-%m-%d}' - 16,
        'Usage', 'Correction', 'Usage-Based', 'Standard', null, null,
        -3000000, resources.list_micro, resources.contracted_micro,
        -3000000 * resources.contracted_micro, -3000000 * resources.contracted_micro,
        -3000000 * resources.list_micro, -3000000 * resources.contracted_micro
    from resources
    where
        resources.product_number = {_COMPUTE}
        and resources.replica = 0
        and resources.region_number = 0
        and (resources.noise + {billing_start.month}) % 11 = 0
        and date '{billing_start:%Y-%m-%d}' - 17 >= greatest(
            resources.first_day, date '{scenario.start_at:%Y-%m-%d}'
        )

    union all

    -- Support costs the same each month, whatever it supports.
    select
        provider, null, null, null, 'support plan', null, null, null, null,
        date '{start:%Y-%m-%d}', date '{billing_end:%Y-%m-%d}', 'Purchase', null, 'Recurring',
        'Standard', null, null,
        1000000, support_micro, support_micro,
        support_micro * 1000000, support_micro * 1000000, support_micro * 1000000,
        support_micro * 1000000
    from providers

    union all

    -- A promise of the provider's sales, and what it owed for an outage of its own.
    select
        provider, null, null, null, words, null, null, null, null,
        day, day + 1, category, null, 'One-Time', 'Other', null, null,
        1000000, amount_micro, amount_micro,
        amount_micro * 1000000, amount_micro * 1000000, amount_micro * 1000000,
        amount_micro * 1000000
    from (
        select
            provider, day, 'Credit' as category, 'promotional credit' as words,
            -(support_micro // 3) as amount_micro
        from providers
        cross join days
        where day(day) = 10 and (month(day) + provider_number) % 3 = 1
        union all
        select
            provider, day, 'Adjustment', 'refund for an interruption', -(support_micro // 17)
        from providers
        cross join days
        where day(day) = 20 and (month(day) + provider_number) % 5 = 2
    ) as given_back
),

taxed as (
    select * from charges
    union all
    select
        charges.provider, null, null, null, 'tax', null, null, null, null,
        date '{start:%Y-%m-%d}', date '{billing_end:%Y-%m-%d}', 'Tax', null, 'One-Time',
        null, null, null, null, null, null,
        tax_pico, tax_pico, tax_pico, tax_pico
    from (
        select
            charges.provider,
            cast(sum(charges.billed_pico) * max(providers.tax_permille) // 1000 as bigint)
                as tax_pico
        from charges
        inner join providers using (provider)
        where {closed}
        group by charges.provider
    ) as charges
    where tax_pico <> 0
)

select
    taxed.provider,
    providers.account_id as billing_account_id,
    timestamp '{billing_start}' as billing_period_start_at,
    timestamp '{billing_end}' as billing_period_end_at,
    cast(taxed.start_date as timestamp) as charge_period_start_at,
    cast(taxed.end_date as timestamp) as charge_period_end_at,
    taxed.category as charge_category,
    taxed.class as charge_class,
    taxed.frequency as charge_frequency,
    case
        when taxed.category = 'Usage' and taxed.commitment_status = 'Unused'
            then 'Unused hours of ' || taxed.resource_name
        when taxed.category = 'Purchase' and taxed.commitment_id is not null
            then 'Committed hours of ' || taxed.resource_name
        when products.product is null
            then upper(taxed.resource_name[1]) || taxed.resource_name[2:] || ' of '
                || taxed.provider
        else products.product || ' in ' || taxed.region || ', per ' || products.unit
    end as charge_description,
    case
        when {closed} then upper(taxed.provider[1:3]) || '-{billing_start:%Y%m}'
    end as invoice_id,
    taxed.service_id,
    taxed.tagged_service_id,
    taxed.tags,
    coalesce(products.category, 'Other') as product_category,
    coalesce(products.product, taxed.provider || ' Account') as product_name,
    products.resource_type,
    taxed.sub_account,
    taxed.region,
    case when products.product is not null then taxed.resource_id end as resource_id,
    case when products.product is not null then taxed.resource_name end as resource_name,
    case
        when products.product is not null
            then upper(taxed.provider[1:3]) || '-' || (1000 + taxed.product_number)
    end as sku_id,
    taxed.pricing_category,
    products.unit,
    {_decimal("taxed.quantity_micro * 1000000")} as quantity,
    {_decimal("taxed.list_micro * 1000000")} as list_unit_price,
    {_decimal("taxed.contracted_micro * 1000000")} as contracted_unit_price,
    taxed.commitment_id as commitment_discount_id,
    commitments.name as commitment_discount_name,
    taxed.commitment_status as commitment_discount_status,
    providers.currency as billing_currency,
    {_decimal("taxed.billed_pico")} as billed_cost,
    {_decimal("taxed.effective_pico")} as effective_cost,
    {_decimal("taxed.list_pico")} as list_cost,
    {_decimal("taxed.contracted_pico")} as contracted_cost
from taxed
inner join providers using (provider)
left join products using (product_number)
left join commitments using (commitment_id)
"""


def _decimal(pico: str) -> str:
    """Return the SQL of a whole number of 10^-12 as the money it is; no double on the way."""
    unit = "cast('0.000000000001' as decimal(13, 12))"
    return f"cast(cast({pico} as decimal(25, 0)) * {unit} as decimal(28, 12))"


def _usage(scenario: Scenario, start: datetime, end: datetime) -> str:
    """Return the SQL of what each resource used on each day of [start, end)."""
    first, last = traffic.hour_of(start), traffic.hour_of(end)
    return f"""
    with
    edges as (
        {traffic.expected_requests(scenario, first, last)}
    ),
    requests as (
        select
            service_number,
            cast(date '1970-01-01' + cast(hour // 24 as integer) as date) as day,
            sum(requests_micro) // 1000000 as request_count
        from edges
        group by service_number, hour // 24
    ),
    needed as (
        select
            requests.service_number,
            requests.day,
            requests.request_count,
            -- Never none, and one to spare.
            2 + requests.request_count * case
                when requests.day >= cost_services.gain_from
                    then 1000 - cost_services.gain_permille
                else 1000
            end // 1000 // cost_services.capacity // cost_services.region_count as machines
        from requests
        inner join cost_services using (service_number)
        where requests.day >= cost_services.first_day
    )
    select
        resources.*,
        needed.day,
        cast(
            case resources.product_number
                when {_COMPUTE} then 24000000 * needed.machines
                when {_DATABASE} then 24000000 * resources.database_count
                when {_NETWORK} then
                    needed.request_count * resources.kilobytes // resources.region_count
                else
                    resources.gigabytes * 1000000
                    * (1000 + (needed.day - date '{scenario.start_at:%Y-%m-%d}') * 2)
                    // 1000 // 30
            end // resources.replicas as bigint
        ) as quantity_micro
    from resources
    inner join needed using (service_number)
    where resources.product_number <> {_DATABASE} or resources.database_count > 0"""


def _resources(scale: int) -> str:
    """Return the SQL that makes each service's resources, with the tags somebody gave them.

    At a scale of N a service has N groups of machines where it had one, each with an Nth of the
    hours; what else it has, it has once. A service's first machine in its main region is always
    tagged as it should be.
    """
    mixed = "((xor({0}, {0} >> 16) * 2146121005) & 4294967295)"
    return f"""
    create table resources as
    with
    placed as (
        select
            cost_services.*,
            products.product_number,
            products.list_micro,
            products.contracted_micro,
            cost_regions.region_number,
            cost_regions.region,
            replicas.replica,
            case products.product_number when {_COMPUTE} then {scale} else 1 end as replicas,
            (
                cost_services.noise_key + products.product_number * 104729
                + cost_regions.region_number * 15485863 + replicas.replica * 32452843
            ) & 4294967295 as key_1
        from cost_services
        inner join cost_regions using (service_number)
        cross join products
        cross join range({scale}) as replicas (replica)
        where
            (products.is_everywhere or cost_regions.region_number = 0)
            -- What traffic drives is the machines.
            and (replicas.replica = 0 or products.product_number = {_COMPUTE})
    ),
    mixed as (
        select *, {mixed.format("key_1")} as key_2 from placed
    ),
    stirred as (
        select
            *,
            xor({mixed.format("key_2")}, key_2 >> 13) & 4294967295 as noise,
            product_number = {_COMPUTE} and region_number = 0 and replica = 0 as is_first
        from mixed
    ),
    tagged as (
        select
            stirred.*,
            case
                when is_first then 'right'
                when noise % 1000 < untagged_permille then 'none'
                when noise % 1000 < untagged_permille + 15 then 'odd key'
                when noise % 1000 < untagged_permille + 30 then 'wrong'
                else 'right'
            end as tagging,
            older_services.service_id as older_service_id
        from stirred
        left join older_services
            on older_services.place = noise // 1000 % older_services.place_count
    )
    select
        *,
        lower(provider[1:3]) || '-' || substr(md5(
            service_id || '/' || product_number || '/' || region || '/' || replica
        ), 1, 17) as resource_id,
        service_id || '-' || ['vm', 'db', 'net', 'data'][product_number + 1]
            || case when replica > 0 then '-' || replica else '' end as resource_name,
        team_id as sub_account,
        case tagging
            when 'right' then
                '{{"' || tag_key || '": "' || service_id || '", "team": "' || team_id
                || '", "env": "production"}}'
            when 'odd key' then '{{"Service": "' || service_id || '", "env": "production"}}'
            when 'wrong' then
                '{{"' || tag_key || '": "' || coalesce(older_service_id, service_id)
                || '", "team": "' || team_id || '", "env": "production"}}'
        end as tags,
        case tagging
            when 'right' then service_id
            when 'wrong' then coalesce(older_service_id, service_id)
        end as tagged_service_id
    from tagged
    """


def _cost_services(truth: Truth, draws: Draws) -> pa.Table:
    gains = {plan.service_id: plan for plan in _right_sizings(truth, draws)}
    start = truth.scenario.start_at.date()
    rows = []
    for number, service in enumerate(truth.services):
        name, gain = service.service_id, gains.get(service.service_id)
        a_day = service.requests_per_hour * 24
        machines = draws.integer(3, 12, "machines", name) * (4 - min(service.tier, 3))
        rows.append(
            {
                "service_number": number,
                "service_id": name,
                "provider": provider_of(truth, draws, name).name,
                "team_id": service.team_id,
                "first_day": max(service.first_seen_date, start),
                "region_count": len(service.regions) or 1,
                "capacity": max(1, a_day // machines),
                "kilobytes": draws.integer(6, 70, "kilobytes", name),
                "gigabytes": draws.integer(40, 4000, "gigabytes", name),
                "database_count": draws.integer(0, 2, "databases", name) + (service.tier == 0),
                "gain_permille": gain.gain_permille if gain else 0,
                "gain_from": gain.effective_from if gain else date(9999, 1, 1),
                "tag_key": draws.weighted(
                    [("service", 800), ("app", 130), ("application", 70)], "tag key", name
                ),
                "untagged_permille": draws.weighted(
                    [(20, 800), (250, 200)], "untagged", service.team_id
                ),
                "noise_key": draws.bits("cost", name) % (1 << 32),
            }
        )
    texts = {"service_id", "provider", "team_id", "tag_key"}
    days = {"first_day", "gain_from"}
    names = (
        "service_number", "service_id", "provider", "team_id", "first_day", "region_count",
        "capacity", "kilobytes", "gigabytes", "database_count", "gain_permille", "gain_from",
        "tag_key", "untagged_permille", "noise_key",
    )  # fmt: skip
    return pa.Table.from_pylist(
        rows,
        pa.schema(
            [
                (
                    name,
                    pa.string() if name in texts else pa.date32() if name in days else pa.int64(),
                )
                for name in names
            ]
        ),
    )


def _cost_regions(truth: Truth) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {"service_number": number, "region_number": place, "region": region}
            for number, service in enumerate(truth.services)
            for place, region in enumerate(service.regions or ("eu-west-1",))
        ],
        pa.schema(
            [("service_number", pa.int64()), ("region_number", pa.int64()), ("region", pa.string())]
        ),
    )


def _older_services(truth: Truth) -> pa.Table:
    """Return the services that were there from the start: only these are named by mistake."""
    start = truth.scenario.start_at.date()
    names = [entry.service_id for entry in truth.services if entry.first_seen_date <= start]
    return pa.table(
        {
            "place": pa.array(list(range(len(names))), pa.int64()),
            "place_count": pa.array([len(names)] * len(names), pa.int64()),
            "service_id": pa.array(names, pa.string()),
        }
    )


def _providers(draws: Draws) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "provider_number": number,
                "provider": provider.name,
                "account_id": account_of(draws, provider),
                "currency": provider.currency,
                "tax_permille": provider.tax_permille,
                "support_micro": provider.support_fee_micro,
            }
            for number, provider in enumerate(PROVIDERS)
        ]
    )


def _products() -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "product_number": number,
                "product": product.name,
                "category": product.category,
                "unit": product.unit,
                "resource_type": product.resource_type,
                "list_micro": product.list_micro,
                "contracted_micro": product.list_micro * (1000 - product.discount_permille) // 1000,
                "is_everywhere": product.is_everywhere,
            }
            for number, product in enumerate(PRODUCTS)
        ]
    )


def _commit(connection: duckdb.DuckDBPyConnection, truth: Truth, draws: Draws) -> None:
    """Buy the commitments: four fifths of what their first day used, at a third off."""
    scenario = truth.scenario
    whole_months = [
        (start, end)
        for start, end in traffic.months_of(scenario)
        if start.day == 1 and (end.day == 1 or end == scenario.end_at)
    ]
    bought = []
    for place, provider, product_number, is_upfront in (
        (0, PROVIDERS[0], _COMPUTE, False),
        (1, PROVIDERS[1], _DATABASE, True),
    ):
        if len(whole_months) <= place:
            continue
        start = whole_months[place][0]
        used = connection.execute(
            f"""
            select coalesce(sum(quantity_micro), 0)
            from ({_usage(scenario, start, start + timedelta(days=1))})
            where provider = $provider and product_number = $product
            """,
            {"provider": provider.name, "product": product_number},
        ).fetchall()
        hours = int(used[0][0]) * 4 // 5 // 1_000_000 * 1_000_000
        product = PRODUCTS[product_number]
        price = product.list_micro * 2 // 3 // 1000 * 1000
        # A young company commits itself for as long as it has thought ahead.
        months = 12 if len(whole_months) > 12 else 1 if len(whole_months) < 4 else 3
        ends = (start + timedelta(days=31 * months + 1)).replace(day=1)
        kind = "reserved" if is_upfront else "plan"
        bought.append(
            Commitment(
                f"{provider.name.lower()}-{kind}-"
                f"{draws.hexadecimal(8, 'commitment', provider.name)}",
                f"{product.name} {kind}",
                provider.name,
                product_number,
                is_upfront,
                price,
                hours,
                start.date(),
                ends.date(),
            )
        )
    connection.register(
        "given", _commitments_table([entry for entry in bought if entry.hours_micro])
    )
    connection.execute("insert into commitments select * from given")
    connection.unregister("given")


def _commitments_table(commitments: list[Commitment]) -> pa.Table:
    kinds = (
        ("commitment_id", pa.string()), ("name", pa.string()), ("provider", pa.string()),
        ("product_number", pa.int64()), ("is_upfront", pa.bool_()), ("price_micro", pa.int64()),
        ("hours_micro", pa.int64()), ("from_date", pa.date32()), ("to_date", pa.date32()),
    )  # fmt: skip
    return pa.table(
        {
            name: pa.array([getattr(entry, name) for entry in commitments], kind)
            for name, kind in kinds
        }
    )


def _right_sizings(truth: Truth, draws: Draws) -> list[_RightSizing]:
    """Return which services get fewer machines, and from when on; a short history has none."""
    scenario = truth.scenario
    months = [start.date() for start, _ in traffic.months_of(scenario) if start.day == 1]
    measured = {slo.service_id for slo in truth.slos if slo.is_traffic}
    start = scenario.start_at.date()
    able = [
        service.service_id
        for service in truth.services
        if service.service_id in measured
        and service.first_seen_date <= start
        and provider_of(truth, draws, service.service_id).currency == "USD"
    ]
    late_enough = [month for month in months if (month - start).days >= max(28, scenario.days // 3)]
    if not late_enough:
        return []
    chosen = draws.sample(able, min(4, len(able)), "right-sizing")
    return [
        _RightSizing(
            service_id,
            late_enough[place * len(late_enough) // (len(chosen) + 1)],
            draws.integer(220, 380, "right-sizing gain", service_id),
        )
        for place, service_id in enumerate(chosen)
    ]


def _unit_cost(
    connection: duckdb.DuckDBPyConnection,
    truth: Truth,
    service_id: str,
    start: datetime,
    end: datetime,
) -> Decimal:
    """Return the effective cost per thousand requests in [start, end), to six places."""
    months = [
        month for month in traffic.months_of(truth.scenario) if month[1] > start and month[0] < end
    ]
    cost = Decimal(0)
    for month in months:
        found = connection.execute(
            f"select sum(effective_cost) from ({lines(truth.scenario, *month)}) "
            "where tagged_service_id = $service and charge_period_start_at >= $start "
            "and charge_period_start_at < $end",
            {"service": service_id, "start": start, "end": end},
        ).fetchall()
        cost += found[0][0] or 0
    slo_id = next(
        slo.slo_id for slo in truth.slos if slo.service_id == service_id and slo.is_traffic
    )
    counted = traffic.intervals(truth.scenario, start, end, scale=1)
    requests = connection.execute(
        f"select sum(total_count) from ({counted}) where slo_id = $slo", {"slo": slo_id}
    ).fetchall()
    micro = int(cost * 1_000_000) * 1000 // int(requests[0][0])
    return Decimal(micro).scaleb(-6)
