using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Egress.Dialects;

/// <summary>
/// Writes the messages of one dialect, the mirror of the dialect that reads them. Not thread-safe; what it adds to a message is valid
/// until its next call.
/// </summary>
public interface IStreamWriter
{
    /// <summary>Name of the dialect in configurations, such as <c>dectris-stream-2</c>.</summary>
    string Dialect { get; }

    /// <summary>Whether the dialect can carry pixels of this type, packed so.</summary>
    bool Carries(PixelType type, PixelEncoding encoding);

    /// <summary>The message before the first image.</summary>
    /// <param name="series">The series.</param>
    /// <param name="message">Receives the parts; emptied first, and left empty where the dialect has no such message.</param>
    void WriteStart(SeriesInfo series, OutgoingMessage message);

    /// <summary>One image.</summary>
    /// <param name="series">Its series.</param>
    /// <param name="image">The image.</param>
    /// <param name="message">Receives the parts; emptied first.</param>
    /// <exception cref="ArgumentException">The dialect cannot carry the image.</exception>
    void WriteImage(SeriesInfo series, in OutgoingImage image, OutgoingMessage message);

    /// <summary>The message after the last image.</summary>
    /// <param name="series">The series.</param>
    /// <param name="message">Receives the parts; emptied first, and left empty where the dialect has no such message.</param>
    void WriteEnd(SeriesInfo series, OutgoingMessage message);
}
