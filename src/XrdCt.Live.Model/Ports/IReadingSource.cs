using XrdCt.Live.Model.Readings;

namespace XrdCt.Live.Model.Ports;

/// <summary>A stream of what the beamline tells besides the frames. Not thread-safe: one thread receives and disposes.</summary>
public interface IReadingSource : IDisposable
{
    /// <summary>Waits for the next message, at most <paramref name="timeout"/>.</summary>
    /// <param name="timeout">Longest wait; zero looks once.</param>
    /// <param name="reading">The reading, where one came.</param>
    /// <param name="refusal">Why a message that came is none, one sentence; null where it is one, or nothing came.</param>
    /// <returns>Whether a reading came. This never throws for bytes that came over the wire.</returns>
    bool TryReceive(TimeSpan timeout, out StageReading reading, out string? refusal);
}
