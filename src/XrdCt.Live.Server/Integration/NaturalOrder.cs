namespace XrdCt.Live.Server.Integration;

/// <summary>Names in the order that people count in: <c>scan_2/f_9</c> before <c>scan_2/f_10</c> before <c>scan_10/f_1</c>.</summary>
internal sealed class NaturalOrder : IComparer<string>
{
    private NaturalOrder()
    {
    }

    public static NaturalOrder Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> one = x;
        ReadOnlySpan<char> other = y;
        while (!one.IsEmpty && !other.IsEmpty)
        {
            int order;
            if (char.IsAsciiDigit(one[0]) && char.IsAsciiDigit(other[0]))
            {
                ReadOnlySpan<char> a = Number(ref one);
                ReadOnlySpan<char> b = Number(ref other);
                order = a.Length != b.Length ? a.Length.CompareTo(b.Length) : a.SequenceCompareTo(b);
            }
            else
            {
                order = one[0].CompareTo(other[0]);
                one = one[1..];
                other = other[1..];
            }

            if (order != 0)
            {
                return order;
            }
        }

        // Names that count the same, such as 7 and 007, still have an order.
        return one.Length != other.Length ? one.Length.CompareTo(other.Length) : string.CompareOrdinal(x, y);
    }

    private static ReadOnlySpan<char> Number(ref ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAnyExceptInRange('0', '9');
        end = end < 0 ? text.Length : end;
        ReadOnlySpan<char> number = text[..end].TrimStart('0');
        text = text[end..];
        return number;
    }
}
