using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;

namespace XrdCt.Live.Server.Display;

/// <summary>
/// One page's WebSocket. The page has at most one message that it has not acknowledged; while it paints, newer results
/// replace older ones in the hub, and with the acknowledgement it gets everything new at once. So a page is never more
/// than one picture behind, and needs no buffer here.
/// </summary>
/// <remarks>
/// A browser's WebSocket has no back-pressure: without acknowledgements the queues of socket and browser swallow
/// seconds of pictures. The page sends JSON texts: <c>{"ack":1}</c> after painting and <c>{"channel":"…"}</c>.
/// </remarks>
internal sealed class DisplayConnection
{
    /// <summary>Longest message that a page may send, bytes; a channel's name is all that varies in length.</summary>
    internal const int MaxIncomingBytes = 1024;

    /// <summary>Longest time that a closing handshake may take.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    private readonly DisplayHub _hub;
    private readonly WebSocket _socket;
    private readonly TimeSpan _sendTimeout;

    // Capacity 1, dropping: it says that something changed, not what.
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private volatile string? _channel;
    private volatile bool _awaitingAck;

    /// <summary>Takes a socket over.</summary>
    /// <param name="hub">Where the results come from.</param>
    /// <param name="socket">The accepted socket; the caller disposes it.</param>
    /// <param name="channel">Channel that the page looks at; null for the first one of the scan.</param>
    /// <param name="sendTimeout">Longest time that one message may take before the page counts as dead.</param>
    internal DisplayConnection(DisplayHub hub, WebSocket socket, string? channel, TimeSpan sendTimeout)
    {
        _hub = hub;
        _socket = socket;
        _channel = channel;
        _sendTimeout = sendTimeout;
    }

    /// <summary>
    /// Serves the page until it goes, breaks the protocol, or the server ends. Never throws for what a page does.
    /// </summary>
    /// <param name="maxClients">Most pages at a time; one more is told so and closed.</param>
    /// <param name="serverStops">Set when the server ends.</param>
    internal async Task RunAsync(int maxClients, CancellationToken serverStops)
    {
        if (!_hub.TryJoin(_wake.Writer, maxClients))
        {
            await CloseAsync(
                WebSocketCloseStatus.PolicyViolation,
                $"{maxClients} pages are open already: close one of them").ConfigureAwait(false);
            return;
        }

        try
        {
            _wake.Writer.TryWrite(true);
            using CancellationTokenSource ends = new();
            Task<string?> receive = ReceiveAsync(ends.Token);
            Task send = SendAsync(ends.Token);
            using CancellationTokenSource stops = CancellationTokenSource.CreateLinkedTokenSource(serverStops, ends.Token);
            Task stop = Task.Delay(Timeout.InfiniteTimeSpan, stops.Token);
            await Task.WhenAny(receive, send, stop).ConfigureAwait(false);

            // Cancelling a WebSocket operation aborts the socket, so the farewell goes out first.
            if (serverStops.IsCancellationRequested)
            {
                await CloseOutputAsync(
                    WebSocketCloseStatus.EndpointUnavailable, "the server has ended").ConfigureAwait(false);
                await Task.WhenAny(receive, Task.Delay(CloseTimeout, CancellationToken.None)).ConfigureAwait(false);
            }
            else if (receive.IsCompletedSuccessfully)
            {
                string? complaint = await receive.ConfigureAwait(false);
                await (complaint is null
                    ? CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null)
                    : CloseAsync(WebSocketCloseStatus.PolicyViolation, complaint)).ConfigureAwait(false);
            }

            await ends.CancelAsync().ConfigureAwait(false);
            _socket.Abort();
            await Task.WhenAll(Quietly(receive), Quietly(send)).ConfigureAwait(false);
        }
        finally
        {
            _hub.Leave(_wake.Writer);
        }
    }

    private async Task SendAsync(CancellationToken ends)
    {
        Dictionary<string, long> seen = [];
        List<DisplayMessage> news = [];
        while (await _wake.Reader.WaitToReadAsync(ends).ConfigureAwait(false))
        {
            _wake.Reader.TryRead(out _);
            if (_awaitingAck)
            {
                continue;
            }

            _hub.Collect(_channel, seen, news);
            if (news.Count == 0)
            {
                continue;
            }

            _awaitingAck = true;
            using CancellationTokenSource tooSlow = CancellationTokenSource.CreateLinkedTokenSource(ends);
            tooSlow.CancelAfter(_sendTimeout);
            for (int i = 0; i < news.Count; i++)
            {
                // Fragments of one WebSocket message: the pre-encoded bytes go out as they are.
                await _socket.SendAsync(
                    news[i].Bytes,
                    WebSocketMessageType.Binary,
                    endOfMessage: i == news.Count - 1,
                    tooSlow.Token).ConfigureAwait(false);
            }
        }
    }

    private async Task<string?> ReceiveAsync(CancellationToken ends)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(MaxIncomingBytes + 1);
        try
        {
            while (true)
            {
                int length = 0;
                ValueWebSocketReceiveResult part;
                do
                {
                    part = await _socket.ReceiveAsync(
                        buffer.AsMemory(length, MaxIncomingBytes + 1 - length), ends).ConfigureAwait(false);
                    length += part.Count;
                    if (length > MaxIncomingBytes)
                    {
                        return $"a message is longer than {MaxIncomingBytes} bytes";
                    }
                }
                while (!part.EndOfMessage);

                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return null;
                }

                if (part.MessageType != WebSocketMessageType.Text || !TryApply(buffer.AsSpan(0, length)))
                {
                    return "a message is neither {\"ack\":1} nor {\"channel\":\"…\"}";
                }

                _wake.Writer.TryWrite(true);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private bool TryApply(ReadOnlySpan<byte> text)
    {
        try
        {
            Utf8JsonReader reader = new(text);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject
                || !reader.Read() || reader.TokenType != JsonTokenType.PropertyName)
            {
                return false;
            }

            bool isAck = reader.ValueTextEquals("ack"u8);
            bool isChannel = reader.ValueTextEquals("channel"u8);
            if (!reader.Read() || !(isAck || (isChannel && reader.TokenType == JsonTokenType.String)))
            {
                return false;
            }

            if (isAck)
            {
                _awaitingAck = false;
            }
            else
            {
                _channel = reader.GetString();
            }

            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private async Task CloseAsync(WebSocketCloseStatus status, string reason)
    {
        using CancellationTokenSource timeout = new(CloseTimeout);
        await Quietly(_socket.CloseAsync(status, reason, timeout.Token)).ConfigureAwait(false);
    }

    private async Task CloseOutputAsync(WebSocketCloseStatus status, string? reason)
    {
        using CancellationTokenSource timeout = new(CloseTimeout);
        await Quietly(_socket.CloseOutputAsync(status, reason, timeout.Token)).ConfigureAwait(false);
    }

    private static async Task Quietly(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException
            or ObjectDisposedException or InvalidOperationException)
        {
            // The page is gone, which is what this connection is being ended for.
        }
    }
}
