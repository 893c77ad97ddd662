//! Numbers of accounts and cards, addresses and phone numbers.

use super::{becomes, stays};

#[test]
fn ibans_with_valid_check_digits_are_replaced() {
    becomes(&[
        (
            "IBAN DE89 3704 0044 0532 0130 00, BIC COBADEFF",
            "IBAN [REDACTED:iban], BIC COBADEFF",
        ),
        ("DE89370400440532013000", "[REDACTED:iban]"),
        ("de89 3704 0044 0532 0130 00", "[REDACTED:iban]"),
        ("GB29 NWBK 6016 1331 9268 19.", "[REDACTED:iban]."),
        ("FR14 2004 1010 0505 0001 3M02 606", "[REDACTED:iban]"),
        ("NO9386011117947", "[REDACTED:iban]"),
    ]);
    stays(&[
        // wrong check digits, a longer number, an unknown country
        "DE88370400440532013000",
        "DE893704004405320130001",
        "XX89370400440532013000",
        "AB12CD34EF56",
    ]);
}

#[test]
fn cards_with_a_valid_sum_are_replaced() {
    becomes(&[
        ("4111 1111 1111 1111", "[REDACTED:card]"),
        (
            "Visa 4111-1111-1111-1111, 12/27",
            "Visa [REDACTED:card], 12/27",
        ),
        ("4111 1111 1111 1111 12/27", "[REDACTED:card] 12/27"),
        ("5500000000000004", "[REDACTED:card]"),
        ("2223003122003222", "[REDACTED:card]"),
        ("3782 822463 10005", "[REDACTED:card]"),
        ("6011111111111117", "[REDACTED:card]"),
        ("30569309025904", "[REDACTED:card]"),
        (
            "Order 1234 4111 1111 1111 1111",
            "Order 1234 [REDACTED:card]",
        ),
    ]);
    stays(&[
        // a wrong sum, no brand, a part of a longer number
        "4111 1111 1111 1112",
        "1234567812345670",
        "41111111111111110000001",
        "4006381333931",
        "ISBN 978-3-16-148410-0",
        "EXP-4111111111111111x",
    ]);
}

#[test]
fn addresses_are_replaced() {
    becomes(&[
        (
            "Write to ada.lovelace+x@mail.example.co.uk.",
            "Write to [REDACTED:email].",
        ),
        ("<ADA@EXAMPLE.COM>", "<[REDACTED:email]>"),
        (
            "jörg@müller.de, bob@x.io",
            "[REDACTED:email], [REDACTED:email]",
        ),
    ]);
    stays(&[
        "react@18.2.0",
        "npm i typescript@5.4.0-beta",
        "sales_agent@1.3.0",
        "logo@2x.png",
        "@ada and user@localhost",
        "a @ b.de",
    ]);
}

#[test]
fn phone_numbers_are_replaced() {
    becomes(&[
        ("+49 30 1234567", "[REDACTED:phone]"),
        ("+49 (0)30/123 45-67.", "[REDACTED:phone]."),
        ("+1 (555) 123-4567", "[REDACTED:phone]"),
        ("0049 30 1234567", "[REDACTED:phone]"),
        ("030 1234567", "[REDACTED:phone]"),
        ("030/1234567-12", "[REDACTED:phone]"),
        ("0171-1234567", "[REDACTED:phone]"),
        ("(0171) 123 45 67", "[REDACTED:phone]"),
        (
            "Meine Nummer: 01711234567",
            "Meine Nummer: [REDACTED:phone]",
        ),
        ("01 23 45 67 89", "[REDACTED:phone]"),
        ("020 7946 0958", "[REDACTED:phone]"),
        ("555-123-4567", "[REDACTED:phone]"),
        ("(555) 123-4567", "[REDACTED:phone]"),
        ("Tel.: 4711-08", "Tel.: [REDACTED:phone]"),
        ("Call me at 5551234", "Call me at [REDACTED:phone]"),
    ]);
}

#[test]
fn other_numbers_stay() {
    stays(&[
        // orders, invoices, shipments
        "Order 4711-0815",
        "ORD-2024-001234 and #100012345",
        "Order 302-1234567-1234567",
        "RE-0171-1234567-A",
        "Bestellnummer 0815-4711",
        "00340434161234567890",
        "Customer 01234567",
        // dates and times
        "2024-11-30T08:15:00+02:00",
        "30.11.2024, 11/30/2024, 01-02-2024",
        "on 01 02 2024 10 30",
        "Mobile: 2024-05-01",
        "08:00-17:00",
        // versions, addresses, amounts
        "v10.0.0-rc.1 and 1.22.333.4444",
        "192.168.0.1:8080",
        "1,234,567.89 EUR and 1 000 000",
        "52.5200, 13.4050",
        "+5 points, C++ 17",
        // hashes and UUIDs
        "9c1185a5c5e9fc54612808977ee8f548b2258d31",
        "550e8400-e29b-41d4-a716-446655440000",
        "01711234-0171-1234-5678-017112345678",
        "message_01hf7yat00e5a9v0k2p2q6r8st",
        "iPhone 15, phone 15 minutes",
    ]);
}
