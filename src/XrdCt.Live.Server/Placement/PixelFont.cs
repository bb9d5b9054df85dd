namespace XrdCt.Live.Server.Placement;

/// <summary>Letters of 5 × 7 dots, those that labels of a picture need, drawn twice as large: a picture must not ask for fonts, which a control room's server has none of.</summary>
internal static class PixelFont
{
    /// <summary>Distance of two letters, pixels.</summary>
    public const int Advance = 12;

    private const int Rows = 7;
    private const int Columns = 5;
    private const int Dot = 2;

    // Rows from the top, the left dot first.
    private static readonly Dictionary<char, string> Letters = new()
    {
        ['0'] = ".###. #...# #..## #.#.# ##..# #...# .###.",
        ['1'] = "..#.. .##.. ..#.. ..#.. ..#.. ..#.. .###.",
        ['2'] = ".###. #...# ....# ..##. .#... #.... #####",
        ['3'] = ".###. #...# ....# ..##. ....# #...# .###.",
        ['4'] = "...#. ..##. .#.#. #..#. ##### ...#. ...#.",
        ['5'] = "##### #.... ####. ....# ....# #...# .###.",
        ['6'] = ".###. #.... #.... ####. #...# #...# .###.",
        ['7'] = "##### ....# ...#. ..#.. ..#.. .#... .#...",
        ['8'] = ".###. #...# #...# .###. #...# #...# .###.",
        ['9'] = ".###. #...# #...# .#### ....# ....# .###.",
        ['.'] = "..... ..... ..... ..... ..... .##.. .##..",
        [','] = "..... ..... ..... ..... .##.. ..#.. .#...",
        [':'] = "..... .##.. .##.. ..... .##.. .##.. .....",
        ['-'] = "..... ..... ..... ##### ..... ..... .....",
        ['+'] = "..... ..#.. ..#.. ##### ..#.. ..#.. .....",
        ['±'] = "..#.. ..#.. ##### ..#.. ..#.. ..... #####",
        ['%'] = "##..# ##..# ...#. ..#.. .#... #..## #..##",
        ['('] = "...#. ..#.. .#... .#... .#... ..#.. ...#.",
        [')'] = ".#... ..#.. ...#. ...#. ...#. ..#.. .#...",
        ['E'] = "##### #.... #.... ####. #.... #.... #####",
        ['a'] = "..... ..... .###. ....# .#### #...# .####",
        ['c'] = "..... ..... .###. #.... #.... #...# .###.",
        ['e'] = "..... ..... .###. #...# ##### #.... .###.",
        ['i'] = "..#.. ..... .##.. ..#.. ..#.. ..#.. .###.",
        ['l'] = ".##.. ..#.. ..#.. ..#.. ..#.. ..#.. .###.",
        ['m'] = "..... ..... ##.#. #.#.# #.#.# #...# #...#",
        ['o'] = "..... ..... .###. #...# #...# #...# .###.",
        ['r'] = "..... ..... #.##. ##..# #.... #.... #....",
        ['s'] = "..... ..... .#### #.... .###. ....# ####.",
        ['t'] = ".#... .#... ###.. .#... .#... .#..# ..##.",
        ['x'] = "..... ..... #...# .#.#. ..#.. .#.#. #...#",
        ['y'] = "..... ..... #...# #...# .#### ....# .###.",
        ['µ'] = "..... ..... #...# #...# #..## ###.# #....",
    };

    /// <summary>Draws a line of text; what is not in the font stays empty.</summary>
    /// <param name="text">The text.</param>
    /// <param name="put">Receives column and row of every pixel that is inked.</param>
    public static void Draw(string text, Action<int, int> put)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!Letters.TryGetValue(text[i], out string? dots))
            {
                continue;
            }

            for (int k = 0; k < Rows * Columns * Dot * Dot; k++)
            {
                (int row, int column) = Math.DivRem(k, Columns * Dot);
                if (dots[(row / Dot * (Columns + 1)) + (column / Dot)] == '#')
                {
                    put((i * Advance) + column, row);
                }
            }
        }
    }
}
