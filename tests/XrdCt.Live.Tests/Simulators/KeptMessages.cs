using XrdCt.Live.Egress.Dialects;
using XrdCt.Live.Egress.ZeroMq;

namespace XrdCt.Live.Tests.Simulators;

/// <summary>Takes every message at once and keeps a copy of its parts.</summary>
internal sealed class KeptMessages : IMessageSink
{
    public List<byte[][]> All { get; } = [];

    /// <summary>Called after each message with the number of messages.</summary>
    public Action<int>? After { get; set; }

    public bool TrySend(OutgoingMessage message, TimeSpan timeout)
    {
        All.Add([.. message.Parts.Select(p => p.ToArray())]);
        After?.Invoke(All.Count);
        return true;
    }
}
