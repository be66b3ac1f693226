//! Telephone numbers within questions: read when they are asked, by the home
//! country of that moment. It is a setting, and may change while this runs;
//! nothing that is kept depends on it.

use callboard_shared::lost::caller;
use callboard_shared::phone::Country;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

/// Teaches a connection `caller(number, home)`: the digits by which callers are
/// told apart, from a number as it came and the ISO 3166 code of the country
/// where numbers without a country code belong. `NULL`: hidden, or none.
pub(super) fn teach(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("caller", 2, flags, |context| {
        let home = Country::from_iso(context.get_raw(1).as_str()?).unwrap_or_default();
        Ok(caller(context.get_raw(0).as_str_or_null()?, home))
    })
}
