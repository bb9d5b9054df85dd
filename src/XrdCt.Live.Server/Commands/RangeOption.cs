using System.Globalization;

namespace XrdCt.Live.Server.Commands;

/// <summary>Frames or bins as <c>A:B</c>, the way Python and fabio count: from 0, B not included.</summary>
internal static class RangeOption
{
    /// <summary>Reads a range; all where nothing is said.</summary>
    /// <param name="text">What the user wrote.</param>
    /// <param name="option">Name of the option, for messages.</param>
    /// <exception cref="UserException">It is no range.</exception>
    public static Range Parse(string? text, string option)
    {
        if (text is null)
        {
            return Range.All;
        }

        string[] ends = text.Split(':');
        return ends is [var first, var last] && TryEnd(first, 0, out Index start) && TryEnd(last, ^0, out Index end)
            ? start..end
            : throw UserException.WrongUse($"{option} must be A:B, counted from 0 and B not included, not '{text}'");
    }

    private static bool TryEnd(string text, Index absent, out Index end)
    {
        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        end = isNumber ? number : absent;
        return isNumber || text.Length == 0;
    }
}
