using System.Numerics;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Ingest.Recording;

/// <summary>
/// Counts frames and gaps of a stream, series by series, from what the dialect reads in the headers. Not thread-safe; at most 2 MiB,
/// whatever the stream says.
/// </summary>
public sealed class SeriesTally
{
    // 2²⁴ frames are 18 hours at 250 Hz; frames beyond are counted, but their gaps are not looked for.
    private const int LargestIndex = (1 << 24) - 1;
    private const int Bits = 64;

    private ulong[] _seen = new ulong[1024];
    private int _highest = -1;
    private int _distinct;
    private int? _announced;
    private bool _isOpen;
    private long _missingBefore;

    /// <summary>Series that ended with an end message.</summary>
    public int EndedCount { get; private set; }

    /// <summary>Images.</summary>
    public long FrameCount { get; private set; }

    /// <summary>Images whose index had come before in the series.</summary>
    public long RepeatedCount { get; private set; }

    /// <summary>Messages that the dialect could not read; they are recorded all the same.</summary>
    public long UnreadCount { get; private set; }

    /// <summary>Why the first such message could not be read; null if there was none.</summary>
    public string? FirstUnread { get; private set; }

    /// <summary>
    /// Images that did not come: of every series, the indices below its highest one that were not seen, and after an end message those
    /// that its header had announced.
    /// </summary>
    public long MissingCount => _missingBefore + (_isOpen ? Missing(_highest + 1) : 0);

    /// <summary>Takes an event into account; does not keep its frame.</summary>
    public void Count(in SourceEvent happened)
    {
        switch (happened.Kind)
        {
            case SourceEventKind.SeriesStarted:
                Close(_highest + 1);
                _announced = happened.Series?.ImageCount;
                _isOpen = true;
                break;
            case SourceEventKind.Image:
                _isOpen = true;
                Mark(happened.Frame.Header.Index);
                break;
            case SourceEventKind.SeriesEnded:
                EndedCount++;
                Close(Math.Max(_highest + 1, _announced ?? 0));
                break;
            case SourceEventKind.Rejected:
                UnreadCount++;
                FirstUnread ??= happened.Reason;
                break;
            case SourceEventKind.Silence:
            default:
                break;
        }
    }

    private void Mark(int index)
    {
        FrameCount++;
        if (index is < 0 or > LargestIndex)
        {
            return;
        }

        int word = index / Bits;
        if (word >= _seen.Length)
        {
            Array.Resize(ref _seen, (int)BitOperations.RoundUpToPowerOf2((uint)word + 1));
        }

        ulong bit = 1UL << (index % Bits);
        if ((_seen[word] & bit) != 0)
        {
            RepeatedCount++;
            return;
        }

        _seen[word] |= bit;
        _distinct++;
        _highest = Math.Max(_highest, index);
    }

    private long Missing(int expected) => Math.Max(0, expected - _distinct);

    private void Close(int expected)
    {
        if (_isOpen)
        {
            _missingBefore += Missing(expected);
        }

        _seen.AsSpan(0, Math.Min(_seen.Length, (_highest / Bits) + 1)).Clear();
        (_highest, _distinct, _announced, _isOpen) = (-1, 0, null, false);
    }
}
