using MessagePack;

namespace XrdCt.Live.Egress.Publishing;

/// <summary>What a program asks for: a MessagePack map, see docs/streams.md.</summary>
/// <param name="Kind"><c>patterns</c> or <c>state</c>.</param>
/// <param name="ScanId">The scan that is meant; null for the present one.</param>
/// <param name="From">First pattern wanted.</param>
/// <param name="To">Last pattern wanted.</param>
/// <param name="Topic">What the topics wanted begin with.</param>
internal sealed record ResultRequest(string Kind, string? ScanId, long From, long To, string Topic)
{
    /// <summary>Requests are short; longer ones are none.</summary>
    public const int LongestBytes = 512;

    public const string Patterns = "patterns";

    public const string State = "state";

    /// <summary>Reads a request.</summary>
    /// <param name="bytes">What came.</param>
    /// <param name="error">What is wrong with it, for people.</param>
    /// <returns>The request; null where it cannot be understood.</returns>
    public static ResultRequest? Read(ReadOnlyMemory<byte> bytes, out string error)
    {
        try
        {
            error = "";
            return Parse(bytes, ref error);
        }
        catch (Exception)
        {
            // Damaged bytes make MessagePack throw half a dozen kinds of exceptions, its own, of streams and of arguments; they all
            // mean this.
            error = "a request is a MessagePack map, such as {request: patterns, from: 0, to: 99}";
            return null;
        }
    }

    // Nothing is skipped: nested rubbish ends at its first byte.
    private static ResultRequest? Parse(ReadOnlyMemory<byte> bytes, ref string error)
    {
        if (bytes.Length > LongestBytes)
        {
            error = $"a request has at most {LongestBytes} bytes, not {bytes.Length}";
            return null;
        }

        var reader = new MessagePackReader(bytes);
        var request = new ResultRequest("", null, 0, long.MaxValue, "");
        int fields = reader.ReadMapHeader();
        for (int i = 0; i < fields; i++)
        {
            string? key = reader.ReadString();
            switch (key)
            {
                case "request":
                    request = request with { Kind = reader.ReadString() ?? "" };
                    break;
                case "scan_id":
                    request = request with { ScanId = reader.ReadString() };
                    break;
                case "from":
                    request = request with { From = reader.ReadInt64() };
                    break;
                case "to":
                    request = request with { To = reader.ReadInt64() };
                    break;
                case "topic":
                    request = request with { Topic = reader.ReadString() ?? "" };
                    break;
                default:
                    error = $"the key '{key}' is not known; known are request, scan_id, from, to, topic";
                    return null;
            }
        }

        error = request switch
        {
            { Kind: not (Patterns or State) } => $"the request '{request.Kind}' is not known; known are {Patterns}, {State}",
            { From: < 0 } or { To: < 0 } => $"patterns are numbered from 0, not from {Math.Min(request.From, request.To)}",
            _ when request.From > request.To => $"there are no patterns from {request.From} to {request.To}",
            _ => "",
        };
        return error.Length == 0 ? request : null;
    }
}
