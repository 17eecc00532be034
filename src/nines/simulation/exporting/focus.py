"""The company's bills in FOCUS: one file per provider and billing period.

Cirrus speaks version 1.0, Stratus 1.2, Nimbus 1.3 (in euros, with `ServiceProviderName` for
`ProviderName`). One month was issued a second time, with the lines its first issue had left out.
At scale 1 the bills are CSV; above it they are Parquet with money as decimal(28, 12), and without
dirt: what dirt does to a bill, the CSV shows.
"""

import csv
from datetime import datetime, timedelta
from pathlib import Path

from nines.simulation import bill, traffic
from nines.simulation.draws import Draws
from nines.simulation.truth import Dirt, Truth

# Dirt. None of it changes what the newest issue of a bill says.
BILLS_ISSUED_THRICE = 1
REPEATED_BILLS = 1  # a second file of the same bytes
NULL_TEXT_BILLS = 2  # null is written NULL
NAIVE_TIME_BILLS = 2  # times have no Z
EXTRA_COLUMN_BILLS = 1  # a column no version has
ODD_CASINGS = 25  # lines that say Usage-based
MARKUP_DESCRIPTIONS = 1
FORMULA_DESCRIPTIONS = 1

# Each column of FOCUS: the kind of its values, the SQL of one, and the version that brought it.
_TEXT, _TIME, _NUMBER = "text", "time", "number"
COLUMNS = {
    "AvailabilityZone": (
        _TEXT, "case product_category when 'Compute' then region || 'a' end", "1.0"
    ),
    "BilledCost": (_NUMBER, "billed_cost", "1.0"),
    "BillingAccountId": (_TEXT, "billing_account_id", "1.0"),
    "BillingAccountName": (_TEXT, "'Acme at ' || provider", "1.0"),
    "BillingAccountType": (_TEXT, "'Organization'", "1.2"),
    "BillingCurrency": (_TEXT, "billing_currency", "1.0"),
    "BillingPeriodEnd": (_TIME, "billing_period_end_at", "1.0"),
    "BillingPeriodStart": (_TIME, "billing_period_start_at", "1.0"),
    "CapacityReservationId": (_TEXT, "cast(null as varchar)", "1.1"),
    "CapacityReservationStatus": (_TEXT, "cast(null as varchar)", "1.1"),
    "ChargeCategory": (_TEXT, "charge_category", "1.0"),
    "ChargeClass": (_TEXT, "charge_class", "1.0"),
    "ChargeDescription": (_TEXT, "charge_description", "1.0"),
    "ChargeFrequency": (_TEXT, "charge_frequency", "1.0"),
    "ChargePeriodEnd": (_TIME, "charge_period_end_at", "1.0"),
    "ChargePeriodStart": (_TIME, "charge_period_start_at", "1.0"),
    "CommitmentDiscountCategory": (
        _TEXT, "case when commitment_discount_id is not null then 'Usage' end", "1.0"
    ),
    "CommitmentDiscountId": (_TEXT, "commitment_discount_id", "1.0"),
    "CommitmentDiscountName": (_TEXT, "commitment_discount_name", "1.0"),
    "CommitmentDiscountQuantity": (
        _NUMBER, "case when commitment_discount_id is not null then quantity end", "1.1"
    ),
    "CommitmentDiscountStatus": (_TEXT, "commitment_discount_status", "1.0"),
    "CommitmentDiscountType": (
        _TEXT,
        "case when contains(commitment_discount_id, '-plan-') then 'Compute Plan' "
        "when commitment_discount_id is not null then 'Reservation' end",
        "1.0",
    ),
    "CommitmentDiscountUnit": (
        _TEXT, "case when commitment_discount_id is not null then unit end", "1.1"
    ),
    "ConsumedQuantity": (_NUMBER, "case charge_category when 'Usage' then quantity end", "1.0"),
    "ConsumedUnit": (_TEXT, "case charge_category when 'Usage' then unit end", "1.0"),
    "ContractedCost": (_NUMBER, "contracted_cost", "1.0"),
    "ContractedUnitPrice": (_NUMBER, "contracted_unit_price", "1.0"),
    "EffectiveCost": (_NUMBER, "effective_cost", "1.0"),
    "HostProviderName": (_TEXT, "provider", "1.3"),
    "InvoiceId": (_TEXT, "invoice_id", "1.2"),
    "InvoiceIssuerName": (_TEXT, "issuer", "1.0"),
    "ListCost": (_NUMBER, "list_cost", "1.0"),
    "ListUnitPrice": (_NUMBER, "list_unit_price", "1.0"),
    "PricingCategory": (_TEXT, "pricing_category", "1.0"),
    "PricingCurrency": (_TEXT, "billing_currency", "1.2"),
    "PricingCurrencyContractedUnitPrice": (_NUMBER, "contracted_unit_price", "1.2"),
    "PricingCurrencyEffectiveCost": (_NUMBER, "effective_cost", "1.2"),
    "PricingCurrencyListUnitPrice": (_NUMBER, "list_unit_price", "1.2"),
    "PricingQuantity": (_NUMBER, "quantity", "1.0"),
    "PricingUnit": (_TEXT, "unit", "1.0"),
    "ProviderName": (_TEXT, "provider", "1.0"),
    "PublisherName": (_TEXT, "provider", "1.0"),
    "RegionId": (_TEXT, "region", "1.0"),
    "RegionName": (
        _TEXT,
        "case region when 'eu-west-1' then 'Ireland' when 'us-east-1' then 'Virginia' "
        "when 'us-west-2' then 'Oregon' when 'ap-south-1' then 'Mumbai' else region end",
        "1.0",
    ),
    "ResourceId": (_TEXT, "resource_id", "1.0"),
    "ResourceName": (_TEXT, "resource_name", "1.0"),
    "ResourceType": (_TEXT, "resource_type", "1.0"),
    "ServiceCategory": (_TEXT, "product_category", "1.0"),
    "ServiceName": (_TEXT, "product_name", "1.0"),
    "ServiceProviderName": (_TEXT, "provider", "1.3"),
    "ServiceSubcategory": (
        _TEXT,
        "case product_category when 'Compute' then 'Virtual Machines' "
        "when 'Databases' then 'Relational Databases' "
        "when 'Networking' then 'Network Infrastructure' "
        "when 'Storage' then 'Object Storage' else 'Other (Other)' end",
        "1.1",
    ),
    "SkuId": (_TEXT, "sku_id", "1.0"),
    "SkuMeter": (_TEXT, "product_name || ' ' || unit", "1.1"),
    "SkuPriceDetails": (
        _TEXT, "case product_category when 'Compute' then '{\"CoreCount\": 4}' end", "1.1"
    ),
    "SkuPriceId": (_TEXT, "sku_id || '.' || lower(pricing_category)", "1.0"),
    "SubAccountId": (_TEXT, "'acme-' || sub_account", "1.0"),
    "SubAccountName": (_TEXT, "sub_account", "1.0"),
    "SubAccountType": (_TEXT, "case when sub_account is not null then 'Project' end", "1.2"),
    "Tags": (_TEXT, "tags", "1.0"),
}  # fmt: skip
_GONE_WITH_1_3 = ("ProviderName", "PublisherName")

Row = tuple[str | None, ...]
Bill = list[Row]


def columns_of(version: str) -> list[str]:
    """Return the columns of a version of FOCUS (1.0 to 1.3) that the bills have, in their order."""
    return [
        name
        for name, (_, _, since) in COLUMNS.items()
        if since <= version and not (version >= "1.3" and name in _GONE_WITH_1_3)
    ]


def export(truth: Truth, draws: Draws, folder: Path) -> list[Dirt]:
    """Write every bill; above scale 1 as Parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    if truth.scenario.scale > 1:
        _write_parquet(truth, draws, folder)
        return []
    bills = _bills(truth, draws)
    versions = {provider.name.lower(): provider.focus_version for provider in bill.PROVIDERS}
    dirt = _soil(truth, draws, bills) if truth.scenario.is_dirty else _Soil()
    _reissue(truth, bills)
    for name, rows in bills.items():
        header = columns_of(versions[name.partition("_")[0]])
        _write_csv(folder / name, header, rows, dirt)
    for copy, original in dirt.copies.items():
        (folder / copy).write_bytes((folder / original).read_bytes())
    return dirt.pieces


def _bills(truth: Truth, draws: Draws) -> dict[str, Bill]:
    """Return each provider's lines of each month, as texts, by the file's name."""
    bills: dict[str, Bill] = {}
    with bill.opened(truth, draws) as connection:
        for start, end in traffic.months_of(truth.scenario):
            connection.execute(
                f"create or replace table month_lines as {bill.lines(truth.scenario, start, end)}"
            )
            for provider in bill.PROVIDERS:
                rows = connection.execute(_lines_of(provider, as_text=True)).fetchall()
                bills[f"{provider.name.lower()}_{start:%Y-%m}.csv"] = rows
    return bills


def _write_parquet(truth: Truth, draws: Draws, folder: Path) -> None:
    with bill.opened(truth, draws) as connection:
        for start, end in traffic.months_of(truth.scenario):
            connection.execute(
                f"create or replace table month_lines as {bill.lines(truth.scenario, start, end)}"
            )
            for provider in bill.PROVIDERS:
                path = folder / f"{provider.name.lower()}_{start:%Y-%m}.parquet"
                connection.execute(
                    f"copy ({_lines_of(provider, as_text=False)}) "
                    f"to '{str(path).replace(chr(39), chr(39) * 2)}' "
                    "(format parquet, compression zstd)"
                )


def _lines_of(provider: bill.Provider, *, as_text: bool) -> str:
    """Return the SQL of one provider's bill out of `month_lines`."""
    chosen = []
    for name in columns_of(provider.focus_version):
        kind, sql, _ = COLUMNS[name]
        if as_text and kind == _NUMBER:
            sql = f"rtrim(rtrim(cast({sql} as varchar), '0'), '.')"
        elif as_text and kind == _TIME:
            sql = f"strftime({sql}, '%Y-%m-%dT%H:%M:%SZ')"
        chosen.append(f"{sql} as {name}")
    order = (
        "order by charge_period_start_at, charge_category, resource_id, region, "
        "commitment_discount_id, commitment_discount_status, effective_cost, charge_description"
    )
    return (
        f"select {', '.join(chosen)} "
        f"from (select *, '{provider.issuer}' as issuer from month_lines) "
        f"where provider = '{provider.name}' {order if as_text else ''}"
    )


def _reissue(truth: Truth, bills: dict[str, Bill]) -> None:
    """Let the first provider's middle month be issued twice: at first, lines were missing."""
    months = traffic.months_of(truth.scenario)
    start, end = months[(len(months) - 1) // 2]
    name = f"{bill.PROVIDERS[0].name.lower()}_{start:%Y-%m}.csv"
    _issue_again(bills, name, [end + timedelta(days=11)])


def _issue_again(bills: dict[str, Bill], name: str, days: list[datetime]) -> list[str]:
    """Replace a bill by drafts and, on the last of the days, itself; return the files' names."""
    final = bills[name]
    files = [name, *(f"{name.removesuffix('.csv')}_issued-{day:%Y-%m-%d}.csv" for day in days)]
    for place, file in enumerate(files[:-1]):
        bills[file] = [row for number, row in enumerate(final) if number % 17 != 3 + place]
    bills[files[-1]] = final
    return files


class _Soil:
    """The dirt of the bills: which file is written how, and what was told of it."""

    def __init__(self) -> None:
        self.pieces: list[Dirt] = []
        self.null_texts: set[str] = set()
        self.naive_times: set[str] = set()
        self.extra_columns: set[str] = set()
        self.copies: dict[str, str] = {}

    def tell(self, kind: str, record_id: str, detail: str | None = None) -> None:
        self.pieces.append(Dirt(kind, "focus", record_id, detail=detail))


def _soil(truth: Truth, draws: Draws, bills: dict[str, Bill]) -> _Soil:
    soil = _Soil()
    first, second = (provider.name.lower() for provider in bill.PROVIDERS[:2])
    of_first = [name for name in bills if name.startswith(first)]
    months = {f"{start:%Y-%m}": end for start, end in traffic.months_of(truth.scenario)}
    _edit_lines(draws, bills, soil, of_first)
    for name in draws.sample(of_first, NULL_TEXT_BILLS, "focus", "null texts"):
        soil.null_texts.add(name)
        soil.tell("null_text", name)
    for name in draws.sample(of_first, NAIVE_TIME_BILLS, "focus", "naive times"):
        soil.naive_times.add(name)
        soil.tell("naive_time", name)
    for name in draws.sample(of_first, EXTRA_COLUMN_BILLS, "focus", "extra columns"):
        soil.extra_columns.add(name)
        soil.tell("extra_column", name)
    of_second = [name for name in bills if name.startswith(second)]
    for name in draws.sample(of_second, BILLS_ISSUED_THRICE, "focus", "issued thrice"):
        end = months[name.removesuffix(".csv").partition("_")[2]]
        days = [end + timedelta(days=4), end + timedelta(days=18)]
        soil.tell("bill_issued_thrice", _issue_again(bills, name, days)[-1], name)
    others = [name for name in bills if not name.startswith((first, second))]
    for name in draws.sample(others, REPEATED_BILLS, "focus", "repeated"):
        copy = f"{name.removesuffix('.csv')} (copy).csv"
        soil.copies[copy] = name
        soil.tell("repeated_record", copy, name)
    return soil


def _edit_lines(draws: Draws, bills: dict[str, Bill], soil: _Soil, files: list[str]) -> None:
    """Write some frequencies in another casing, and some descriptions as trouble."""
    header = columns_of(bill.PROVIDERS[0].focus_version)
    frequency, description = header.index("ChargeFrequency"), header.index("ChargeDescription")
    places = [
        (name, number)
        for name in files
        for number, row in enumerate(bills[name])
        if row[frequency] == "Usage-Based"
    ]
    count = ODD_CASINGS + MARKUP_DESCRIPTIONS + FORMULA_DESCRIPTIONS
    for turn, (name, number) in enumerate(draws.sample(places, count, "focus", "lines")):
        row = list(bills[name][number])
        if turn < ODD_CASINGS:
            kind, row[frequency] = "odd_casing", "Usage-based"
        elif turn < ODD_CASINGS + MARKUP_DESCRIPTIONS:
            kind, row[description] = "markup_title", f"<b onclick=alert(1)>{row[description]}</b>"
        else:
            kind, row[description] = "formula_title", f"=HYPERLINK({row[description]})"
        bills[name][number] = tuple(row)
        soil.tell(kind, f"{name}:{number + 2}", name)


def _write_csv(path: Path, header: list[str], rows: Bill, soil: _Soil) -> None:
    name = path.name
    null = "NULL" if name in soil.null_texts else ""
    times = [place for place, column in enumerate(header) if COLUMNS[column][0] == _TIME]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        has_id = name in soil.extra_columns
        writer.writerow([*header, "Id"] if has_id else header)
        for number, row in enumerate(rows):
            values = [null if value is None else value for value in row]
            if name in soil.naive_times:
                for place in times:
                    values[place] = values[place].replace("T", " ").removesuffix("Z")
            writer.writerow([*values, str(number + 1)] if has_id else values)
