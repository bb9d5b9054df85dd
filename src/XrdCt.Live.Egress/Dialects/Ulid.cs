using System.Security.Cryptography;

namespace XrdCt.Live.Egress.Dialects;

/// <summary>Unique, sortable names: 48 bits of time and 80 random bits, 26 letters of Crockford's base 32.</summary>
/// <remarks>Source: <see href="https://github.com/ulid/spec"/>.</remarks>
public static class Ulid
{
    private const string Letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int TimeLetters = 10;
    private const int Length = 26;

    /// <summary>Makes a new one.</summary>
    /// <param name="now">Its time, which it sorts by.</param>
    /// <returns>26 letters of Crockford's base 32.</returns>
    public static string New(DateTimeOffset now)
    {
        char[] text = new char[Length];
        long milliseconds = now.ToUnixTimeMilliseconds();
        for (int i = TimeLetters - 1; i >= 0; i--)
        {
            text[i] = Letters[(int)(milliseconds & 31)];
            milliseconds >>= 5;
        }

        RandomNumberGenerator.GetItems<char>(Letters, text.AsSpan(TimeLetters));
        return new string(text);
    }
}
