//! Tables as RFC 4180 has them, for spreadsheets: of the proxy and of the page.

/// What spreadsheets look for to know that a file is UTF-8.
pub const MARK: char = '\u{feff}';

/// Writes one row.
pub fn row<C: AsRef<str>>(text: &mut String, cells: impl IntoIterator<Item = C>) {
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_cell(text, cell.as_ref());
    }
    text.push_str("\r\n");
}

/// One cell. What a spreadsheet would take for a formula is told to be text:
/// a name may come from anybody who calls.
fn write_cell(text: &mut String, cell: &str) {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let escape = if is_formula { "'" } else { "" };
    if cell.contains(['"', ',', '\r', '\n']) {
        text.push('"');
        text.push_str(escape);
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(escape);
        text.push_str(cell);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_formula_and_no_second_cell() {
        let mut text = String::new();
        row(&mut text, ["=1+1", "Berg, \"Ada\"", "-", "a\nb", ""]);
        assert_eq!(text, "'=1+1,\"Berg, \"\"Ada\"\"\",'-,\"a\nb\",\r\n");
    }
}
