using System.Buffers;
using System.Net.Sockets;
using MessagePack;
using NetMQ;
using NetMQ.Sockets;

namespace XrdCt.Live.Egress.Publishing;

/// <summary>
/// The three sockets of the published results. One thread opens them, then one thread uses them. Nothing here waits for a peer: an XPUB
/// socket drops what is too much for a subscriber, a ROUTER what is too much for one who asks.
/// </summary>
/// <remarks>
/// Messages take their memory from the pool that the process has installed in NetMQ (the receiver's, in <c>xrdct run</c>); this
/// installs none, because NetMQ has one per process. Without any, NetMQ allocates an array per message.
/// </remarks>
internal sealed class ResultSockets : IDisposable
{
    private const int TopicsBesidesMaps = 4;
    private const int MapsPerChannel = 2;
    private const int AnswersQueued = 4;
    private const int LongestSubscriptionBytes = 512;

    // A round serves everybody a little, so that nobody keeps the others waiting.
    private const int PatternsPerRound = 64;
    private const int RequestsPerRound = 4;
    private const int SubscriptionsPerRound = 256;
    private const int MostPatternsPerAnswer = 1024;

    // More subscriptions than that are served, but not remembered one by one.
    private const int SubscriptionsRemembered = 1024;

    private static readonly byte[] EveryPattern = [.. "every/pattern"u8];
    private static readonly byte[] EveryEnd = [.. "every/end"u8];

    // Sends to XPUB and ROUTER never wait; NetMQ 4.0.4.5 takes 0 for "wait for ever" all the same.
    private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(1);

    private readonly XPublisherSocket _latestSocket = new();
    private readonly XPublisherSocket _everySocket = new();
    private readonly RouterSocket _requestSocket = new();
    private readonly LatestResults _latest;
    private readonly TimeProvider _time;
    private readonly long _answerBytes;
    private readonly ArrayBufferWriter<byte> _body = new();
    private readonly HashSet<string> _subscriptions = [];
    private readonly Msg[] _answer = new Msg[MostPatternsPerAnswer];
    private byte[] _pattern = [];
    private Msg _received;
    private PublishedScan? _scan;
    private long _next;
    private bool _endSent;

    /// <summary>Opens the sockets.</summary>
    /// <exception cref="IOException">One cannot be opened; the message says which, and the remedy.</exception>
    public ResultSockets(ResultPublisherOptions options, LatestResults latest, TimeProvider time)
    {
        _latest = latest;
        _time = time;
        _answerBytes = options.Queue_bytes / AnswersQueued;
        _received.InitEmpty();
        int patternBytes = PatternMessage.MaximumLength(options.BinCount, options.ChannelCount);

        // Two rounds of the newest results; of the patterns, as many as the bytes allow.
        _latestSocket.Options.SendHighWatermark = 2 * (TopicsBesidesMaps + (MapsPerChannel * options.ChannelCount));
        _everySocket.Options.SendHighWatermark = (int)Math.Max(1, options.Queue_bytes / patternBytes);
        _requestSocket.Options.SendHighWatermark = AnswersQueued;
        _requestSocket.Options.ReceiveHighWatermark = RequestsPerRound;
        _requestSocket.Options.MaxMsgSize = ResultRequest.LongestBytes;
        try
        {
            foreach (XPublisherSocket publisher in new[] { _latestSocket, _everySocket })
            {
                // Every subscription is told, not only the first of a topic: who comes late gets the newest at once.
                publisher.Options.XPubVerbose = true;
                publisher.Options.MaxMsgSize = LongestSubscriptionBytes;
            }

            Latest = Open(_latestSocket, options.Latest, "endpoint");
            Every = Open(_everySocket, options.Every, "every_endpoint");
            Requests = Open(_requestSocket, options.Requests, "request_endpoint");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public PublishEndpoint Latest { get; }

    public PublishEndpoint Every { get; }

    public PublishEndpoint Requests { get; }

    /// <summary>Whether anybody subscribes to anything.</summary>
    public bool HasSubscribers => _subscriptions.Count > 0;

    /// <summary>Sends and answers what there is.</summary>
    /// <param name="scan">The scan that is published now; null before the first.</param>
    /// <returns>False when there was nothing to do.</returns>
    public bool Serve(PublishedScan? scan)
    {
        bool busy = TakeSubscriptions(_latestSocket, wakesLatest: true) | TakeSubscriptions(_everySocket, wakesLatest: false);
        return busy | SendPatterns(scan) | SendLatest() | AnswerRequests(scan);
    }

    /// <summary>Has everything that only the newest is wanted of sent once more, for those who missed it.</summary>
    public void Repeat()
    {
        _latest.SendAgain([]);
        _endSent = false;
    }

    public void Dispose()
    {
        foreach (NetMQSocket socket in new NetMQSocket[] { _latestSocket, _everySocket, _requestSocket })
        {
            socket.Options.Linger = TimeSpan.Zero;
            socket.Dispose();
        }
    }

    private static PublishEndpoint Open(NetMQSocket socket, PublishEndpoint endpoint, string key)
    {
        try
        {
            socket.Bind(endpoint.ToString());
            return endpoint with { Port = PublishEndpoint.Parse(socket.Options.LastEndpoint ?? endpoint.ToString()).Port };
        }
        catch (Exception e) when (e is NetMQException or SocketException or ArgumentException)
        {
            string cause = e switch
            {
                AddressAlreadyInUseException => "another program uses the port",
                NetMQException { ErrorCode: ErrorCode.AccessDenied } => "no permission",
                _ => "this machine has no such address",
            };
            throw new IOException($"results cannot be published on {endpoint} ({cause}); choose another publish.{key}", e);
        }
    }

    private static void Send(NetMQSocket socket, ReadOnlySpan<byte> bytes, bool more)
    {
        Msg message = Copy(bytes);
        Send(socket, ref message, more);
    }

    private static void Send(NetMQSocket socket, ref Msg message, bool more)
    {
        socket.TrySend(ref message, AtOnce, more);
        message.Close();
    }

    private static Msg Copy(ReadOnlySpan<byte> bytes)
    {
        Msg message = default;
        message.InitPool(bytes.Length);
        bytes.CopyTo(message.Slice());
        return message;
    }

    private bool TakeSubscriptions(XPublisherSocket socket, bool wakesLatest)
    {
        int taken = 0;
        while (taken < SubscriptionsPerRound && socket.TryReceive(ref _received, TimeSpan.Zero))
        {
            taken++;
            ReadOnlySpan<byte> told = _received.Slice();
            if (told.Length == 0 || told[0] > 1)
            {
                continue;
            }

            string name = (wakesLatest ? "latest " : "every ") + Convert.ToHexString(told[1..]);
            if (told[0] == 0)
            {
                _subscriptions.Remove(name);
                continue;
            }

            if (_subscriptions.Count < SubscriptionsRemembered)
            {
                _subscriptions.Add(name);
            }

            if (wakesLatest)
            {
                _latest.SendAgain(told[1..]);
            }
            else
            {
                _endSent = false;
            }
        }

        return taken > 0;
    }

    private bool SendPatterns(PublishedScan? scan)
    {
        int sent = 0;
        for (; _scan is not null && sent < PatternsPerRound && _next < _scan.Patterns.Count; sent++)
        {
            // What was overwritten before it could be sent is a gap in the numbers, for all to see.
            _next = Math.Max(_next, _scan.Patterns.First);
            if (CopyPattern(_scan, _next) is var length and > 0)
            {
                Send(_everySocket, EveryPattern, more: true);
                Send(_everySocket, _pattern.AsSpan(0, length), more: false);
                _next++;
            }
        }

        if (_scan is null || _next == _scan.Patterns.Count)
        {
            if (_scan?.Patterns.End is byte[] end && !_endSent)
            {
                Send(_everySocket, EveryEnd, more: true);
                Send(_everySocket, end, more: false);
                _endSent = true;
            }

            if (scan != _scan)
            {
                (_scan, _next, _endSent) = (scan, 0, false);
                sent++;
            }
        }

        return sent > 0;
    }

    private int CopyPattern(PublishedScan scan, long sequence)
    {
        if (_pattern.Length != scan.Patterns.SlotBytes)
        {
            _pattern = new byte[scan.Patterns.SlotBytes];
        }

        return scan.Patterns.Copy(sequence, _pattern);
    }

    private bool SendLatest()
    {
        bool sent = false;
        for (int i = 0; i < _latest.Count; i++)
        {
            if (_latest.TakeDue(i, _body) is byte[] topic)
            {
                Send(_latestSocket, topic, more: true);
                Send(_latestSocket, _body.WrittenSpan, more: false);
                sent = true;
            }
        }

        return sent;
    }

    private bool AnswerRequests(PublishedScan? scan)
    {
        int answered = 0;
        for (; answered < RequestsPerRound && _requestSocket.TryReceive(ref _received, TimeSpan.Zero); answered++)
        {
            // The parts of a message come all at once: the peer's identity, the empty part of a REQ socket, and the request.
            byte[] identity = _received.Slice().ToArray();
            byte[] request = [];
            bool hasDelimiter = false;
            for (int part = 1; _received.HasMore; part++)
            {
                _requestSocket.Receive(ref _received);
                hasDelimiter |= part == 1 && _received.Size == 0;
                request = _received.HasMore ? [] : _received.Slice().ToArray();
            }

            Send(_requestSocket, identity, more: true);
            if (hasDelimiter)
            {
                Msg empty = default;
                empty.InitEmpty();
                Send(_requestSocket, ref empty, more: true);
            }

            Answer(request, scan);
        }

        return answered > 0;
    }

    private void Answer(ReadOnlyMemory<byte> bytes, PublishedScan? scan)
    {
        if (ResultRequest.Read(bytes, out string error) is not ResultRequest request)
        {
            Refuse(error, scan);
        }
        else if (scan is null)
        {
            Refuse("no scan is set up yet; ask again", scan);
        }
        else if (request.ScanId is string wanted && wanted != scan.Id)
        {
            Refuse($"the scan {wanted} is not published here any more; now it is {scan.Id}", scan);
        }
        else if (request.Kind == ResultRequest.State)
        {
            AnswerState(request, scan);
        }
        else
        {
            AnswerPatterns(request, scan);
        }
    }

    private void Refuse(string error, PublishedScan? scan) => SendHeader(scan, 2, more: false, (ref MessagePackWriter writer) =>
    {
        writer.Write("answer"u8, "error"u8);
        writer.Write("error"u8, error);
    });

    private void AnswerPatterns(ResultRequest request, PublishedScan scan)
    {
        PatternHistory patterns = scan.Patterns;
        long from = Math.Max(request.From, patterns.First);
        int count = 0;
        for (long bytes = 0; count < _answer.Length && from + count <= request.To && (count == 0 || bytes < _answerBytes); count++)
        {
            int length = CopyPattern(scan, from + count);
            if (length == 0)
            {
                break;
            }

            bytes += length;
            _answer[count] = Copy(_pattern.AsSpan(0, length));
        }

        SendHeader(scan, 6, more: count > 0, (ref MessagePackWriter writer) =>
        {
            writer.Write("answer"u8, "patterns"u8);
            writer.Write("from"u8, from);
            writer.Write("count"u8, count);
            writer.Write("first_held"u8, patterns.First);
            writer.Write("pattern_count"u8, patterns.Count);
            writer.WriteString("ended"u8);
            writer.Write(patterns.End is not null);
        });
        for (int i = 0; i < count; i++)
        {
            Send(_requestSocket, ref _answer[i], more: i < count - 1);
        }
    }

    private void AnswerState(ResultRequest request, PublishedScan scan)
    {
        byte[] prefix = System.Text.Encoding.UTF8.GetBytes(request.Topic);
        var topics = new List<byte[]>();
        var bodies = new List<Msg>();
        for (int i = 0; i < _latest.Count; i++)
        {
            if (_latest.Copy(i, _body, prefix) is byte[] topic)
            {
                topics.Add(topic);
                bodies.Add(Copy(_body.WrittenSpan));
            }
        }

        if (scan.Patterns.End is byte[] end && EveryEnd.AsSpan().StartsWith(prefix))
        {
            topics.Add(EveryEnd);
            bodies.Add(Copy(end));
        }

        SendHeader(scan, 2, more: bodies.Count > 0, (ref MessagePackWriter writer) =>
        {
            writer.Write("answer"u8, "state"u8);
            writer.WriteString("topics"u8);
            writer.WriteArrayHeader(topics.Count);
            foreach (byte[] topic in topics)
            {
                writer.WriteString(topic);
            }
        });
        for (int i = 0; i < bodies.Count; i++)
        {
            Msg body = bodies[i];
            Send(_requestSocket, ref body, more: i < bodies.Count - 1);
        }
    }

    private void SendHeader(PublishedScan? scan, int fields, bool more, LatestResults.BodyWriter write)
    {
        _body.ResetWrittenCount();
        var writer = new MessagePackWriter(_body);
        writer.Begin(fields, scan?.Id, scan?.AcquiredAt, _time.GetUtcNow());
        write(ref writer);
        writer.Flush();
        Send(_requestSocket, _body.WrittenSpan, more);
    }
}
