using System.Globalization;

namespace XrdCt.Live.Server.Commands;

/// <summary>Frames as <c>A:B</c>, the way Python and fabio count: from 0, B not included.</summary>
internal static class FrameRangeOption
{
    /// <summary>Reads a range; all frames where nothing is said.</summary>
    /// <exception cref="UserException">It is no range.</exception>
    public static Range Parse(string? text)
    {
        if (text is null)
        {
            return Range.All;
        }

        string[] ends = text.Split(':');
        return ends is [var first, var last] && TryEnd(first, 0, out Index start) && TryEnd(last, ^0, out Index end)
            ? start..end
            : throw UserException.WrongUse($"--frames must be A:B, counted from 0 and B not included, not '{text}'");
    }

    private static bool TryEnd(string text, Index absent, out Index end)
    {
        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        end = isNumber ? number : absent;
        return isNumber || text.Length == 0;
    }
}
